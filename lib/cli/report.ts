import type { CampaignReport, Durations } from '../control/commands/campaigns.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { leadsText, refusedTable, stateCell } from './campaign-table.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { resultSections, resultsLine } from './result.ts';
import { duration, localTime, pairs, percent, table, type Cell } from './print.ts';

/** `obzvon report campaign NAME`; exits 1 when a law of the dialer does not hold over the stored rows. */
export async function campaign(cli: Cli, name: string): Promise<ExitCode | void> {
  const report = await cli.call('report.campaign', { name });
  cli.show(report, (result) => reportText(cli.io, result));
  return report.checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
}

function reportText(io: Io, report: CampaignReport): string {
  const { calls, abandonRate, from, to } = report;
  const share = (n: number): string => (calls.attempts === 0 ? '' : percent(n / calls.attempts));
  const outcomes = Object.entries(calls.byDisposition).sort(([, a], [, b]) => b - a);
  const sections = [
    pairs(io, [
      ['campaign', report.title === '' ? report.name : `${report.name}, ${report.title}`],
      ['state', stateCell(report.state)],
      ['calls from', from === null ? null : `${localTime(from)} to ${to === null ? 'now' : localTime(to)}`],
      ['leads', leadsText(report.leads)],
      ['attempts', calls.attempts],
      ['answered', `${calls.answered} (${share(calls.answered) || '-'} of attempts)`],
      ['connected', calls.connected],
      ['abandoned', `${calls.abandoned}${abandonRate === null ? '' : ` (${percent(abandonRate)} of answered)`}`],
      ['opted out', calls.optedOut],
      ['results', resultsLine(report.results)],
      ['leads called', triedText(report.results)],
      ['answer to agent', durationsText(report.waitMs)],
      ['talk', durationsText(report.talkMs)],
    ]),
    refusedTable(io, report.refused),
    outcomes.length === 0
      ? ''
      : table(
          io,
          ['OUTCOME', 'ATTEMPTS', 'SHARE'],
          outcomes.map(([outcome, n]) => [outcome, n, share(n)]),
        ),
    ...resultSections(io, report.results),
    report.agents.length === 0
      ? ''
      : table(
          io,
          ['AGENT', 'NAME', 'CALLS', 'TALK', 'RESULTS', 'TARGETS'],
          report.agents.map(({ id, name, calls, talkMs, results, targets }) => [
            id,
            name,
            calls,
            duration(talkMs),
            results,
            targets,
          ]),
        ),
    report.checks.length === 0
      ? ''
      : table(
          io,
          ['CHECK', 'HOLDS', 'FOUND'],
          report.checks.map(({ law, ok, found }) => [law, holds(ok), found]),
        ),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

function triedText({ leadsTried, targetLeads, perLead }: CampaignReport['results']): string | null {
  return perLead === null ? null : `${leadsTried}, ${targetLeads} with a target (${percent(perLead)})`;
}

function holds(ok: boolean): Cell {
  return ok ? { text: 'yes', style: 'green' } : { text: 'NO', style: 'red' };
}

function durationsText({ count, total, p50, p99, max }: Durations): string | null {
  if (count === 0 || p50 === null || p99 === null || max === null) return null;
  return `p50 ${duration(p50)}, p99 ${duration(p99)}, max ${duration(max)}, ${duration(total)} in all`;
}
