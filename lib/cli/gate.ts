import type { Explanation, Verdict } from '../control/commands/calls.ts';
import { EXIT, ObzvonError, type ExitCode } from '../errors.ts';
import type { Cli } from './cli.ts';
import type { Io, Style } from './io.ts';
import { localTime, pairs, table } from './print.ts';

const STYLES: Readonly<Record<Verdict['verdict'], Style>> = {
  ALLOW: 'green',
  DEFER: 'yellow',
  HOLD: 'yellow',
  DENY: 'red',
};

/** `obzvon gate explain CAMPAIGN PHONE`, or by options; exits 7 when the call would not be allowed. */
export async function explain(
  cli: Cli,
  first: string | undefined,
  second: string | undefined,
  options: { campaign?: string; phone?: string; at?: number },
): Promise<ExitCode | void> {
  const { at } = options;
  // With the campaign as an option a lone argument is the phone.
  const campaign = options.campaign ?? first;
  const phone = options.phone ?? (options.campaign === undefined ? second : first);
  if (campaign === undefined || phone === undefined) {
    throw new ObzvonError(
      'USAGE',
      'give the campaign and the phone: obzvon gate explain --campaign NAME --phone NUMBER',
    );
  }
  const found = await cli.call('gate.explain', { campaign, phone, ...(at === undefined ? {} : { at }) });
  cli.show(found, (result) => {
    const lead = result.lead === null ? 'not in the base' : `lead is ${result.lead}`;
    return `${result.phone} in ${result.campaign}, ${lead}\n${verdictText(cli.io, result)}\n${checksTable(cli.io, result)}${noticeText(result)}`;
  });
  return found.verdict === 'ALLOW' ? EXIT.ok : EXIT.refusedByGate;
}

/** A verdict and all it rests on. */
export function verdictText(io: Io, verdict: Verdict): string {
  const { zones, source } = verdict.zone;
  return (
    pairs(io, [
      ['verdict', { text: verdict.verdict, style: STYLES[verdict.verdict] }],
      ['at', localTime(verdict.at)],
      ['not before', verdict.notBefore === null ? null : localTime(verdict.notBefore)],
      ['zone', zones.length === 0 ? null : `${zones.join(', ')} (${source})`],
      ['consent', verdict.consent],
      ['registration', verdict.registration],
      ['label', verdict.label],
      ['policy', `${verdict.policy.id} ${verdict.policy.version} (${verdict.policy.hash.slice(0, 12)})`],
    ]) +
    (verdict.codes.length === 0
      ? ''
      : table(
          io,
          ['CODE', 'VERDICT', 'WHY'],
          verdict.codes.map(({ code, verdict, text }) => [code, verdict, text]),
        ))
  );
}

function noticeText({ policy, notice, unsure }: Explanation): string {
  const fields = unsure.length === 0 ? '' : ` Unsure: ${unsure.join(', ')}.`;
  return `\n${policy.id}: ${notice}${fields}\n`;
}

function checksTable(io: Io, { checks }: Explanation): string {
  if (checks.length === 0) return '';
  return table(
    io,
    ['CHECK', 'PASSED', 'EVIDENCE', 'LAW'],
    checks.map(({ name, ok, evidence, law }) => [
      name,
      ok ? 'yes' : { text: 'no', style: 'red' },
      evidence,
      law.join('; '),
    ]),
  );
}
