import type { CallDetails } from '../control/commands/calls.ts';
import type { AttemptState } from '../core/attempt.ts';
import type { Cli } from './cli.ts';
import { verdictText } from './gate.ts';
import type { Io } from './io.ts';
import { duration, localTime, pairs, table } from './print.ts';

interface ListOptions {
  readonly campaign?: string;
  readonly state?: AttemptState;
  readonly limit: number;
}

/** `obzvon call list` */
export async function list(cli: Cli, options: ListOptions): Promise<void> {
  const { campaign, state, limit } = options;
  const result = await cli.call('call.list', {
    limit,
    ...(campaign === undefined ? {} : { campaign }),
    ...(state === undefined ? {} : { state }),
  });
  cli.show(result, ({ calls }) => {
    if (calls.length === 0) return 'no calls\n';
    return table(
      cli.io,
      ['CALL', 'STARTED', 'CAMPAIGN', 'PHONE', 'STATE', 'OUTCOME', 'RANG', 'TALKED', 'AGENT', 'Q.850', 'SIP'],
      calls.map((call) => [
        call.id,
        localTime(call.plannedAt),
        call.campaign,
        call.phone,
        call.state,
        call.disposition,
        between(call.rangAt, call.answeredAt ?? call.endedAt),
        between(call.bridgedAt, call.endedAt),
        call.agent,
        call.cause,
        call.sipCode,
      ]),
    );
  });
}

/** `obzvon call show ID` */
export async function show(cli: Cli, id: string): Promise<void> {
  cli.show(await cli.call('call.show', { id }), (call) => detailsText(cli.io, call));
}

function between(from: number | null, to: number | null): string | null {
  return from === null || to === null ? null : duration(Math.max(0, to - from));
}

/** Moments are told with their distance from the first, which is what one looks for. */
function detailsText(io: Io, call: CallDetails): string {
  const after = (at: number | null): string | null =>
    at === null ? null : `${localTime(at)} (+${duration(Math.max(0, at - call.plannedAt))})`;
  const sip = call.sipCode === null ? '' : `, SIP ${call.sipCode}`;
  return (
    pairs(io, [
      ['call', call.id],
      ['campaign', call.campaign],
      ['phone', call.lead.name === null ? call.phone : `${call.phone}, ${call.lead.name}`],
      ['lead', `row ${call.lead.row} of ${call.lead.list}`],
      ['caller', `${call.caller} by ${call.trunk}`],
      ['state', call.state],
      ['outcome', call.disposition],
      ['cause', call.cause === null ? null : `Q.850 ${call.cause}${sip}`],
      ['told by', call.witness],
      ['agent', call.agent],
      ['planned', localTime(call.plannedAt)],
      ['originated', after(call.originatedAt)],
      ['rang', after(call.rangAt)],
      ['answered', after(call.answeredAt)],
      ['bridged', after(call.bridgedAt)],
      ['ended', after(call.endedAt)],
      ['SIP Call-ID', call.sipCallId],
      ['placed as', call.pacing === null ? null : `one of ${call.pacing.originate}: ${call.pacing.why}`],
    ]) +
    resultsTable(io, call) +
    `\n${verdictText(io, call.verdict)}\n` +
    journalTable(io, call)
  );
}

/** The last word counts. */
function resultsTable(io: Io, { results }: CallDetails): string {
  if (results.length === 0) return '';
  return `\n${table(
    io,
    ['RESULT', 'STAGE', 'TARGET', 'AT', 'AGENT', 'BY', 'NOTE'],
    results.map(({ code, stage, target, at, agent, source, note }) => [
      code,
      stage,
      target ? 'yes' : '',
      localTime(at),
      agent,
      source,
      note,
    ]),
  )}`;
}

function journalTable(io: Io, call: CallDetails): string {
  if (call.journal.length === 0) return '';
  return table(
    io,
    ['AT', 'EVENT', 'FROM', 'TO', ''],
    call.journal.map(({ at, event, from, to, data }) => [
      localTime(at),
      event,
      from,
      to,
      Object.keys(data).length === 0 ? '' : JSON.stringify(data),
    ]),
  );
}
