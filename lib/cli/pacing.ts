import type { PacingDetails } from '../control/commands/pacing.ts';
import type { ExitCode } from '../errors.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { localTime, pairs, percent, table } from './print.ts';
import { watch } from './watch.ts';

interface ShowOptions {
  readonly limit: number;
  readonly watch?: boolean;
}

/** `obzvon pacing show NAME` */
export async function show(cli: Cli, name: string, options: ShowOptions): Promise<ExitCode | void> {
  const read = (): Promise<PacingDetails> => cli.call('pacing.show', { name, limit: options.limit });
  const text = (now: PacingDetails): string => detailsText(cli.io, now);
  if (options.watch === true) return watch(cli, read, text);
  cli.show(await read(), text);
}

function detailsText(io: Io, pacing: PacingDetails): string {
  const { now, decisions } = pacing;
  const aim =
    pacing.method === 'predictive' ? `, target ${percent(pacing.target)}, limit ${percent(pacing.limit)}` : '';
  const numbers = Object.entries(now?.numbers ?? {}).sort(([a], [b]) => a.localeCompare(b));
  const sections = [
    pairs(io, [
      ['campaign', `${pacing.name}, ${pacing.state}`],
      ['method', `${pacing.method}${aim}`],
      ...pacing.abandonment.map(
        ({ hours, answers, abandoned, rate }) =>
          [
            hours === 24 ? 'last 24 h' : `last ${hours / 24} days`,
            rate === null ? 'no answers' : `${abandoned} of ${answers} answers abandoned (${percent(rate)})`,
          ] as const,
      ),
      ['now', now === null ? null : `${now.originate} calls: ${now.why} (${localTime(now.at)})`],
      ...numbers.map(([name, value]) => [name, Number(value.toPrecision(4))] as const),
    ]),
    decisions.length === 0
      ? ''
      : table(
          io,
          ['AT', 'CALLS', 'BOUND BY', 'WHY'],
          decisions.map(({ at, originate, boundBy, why }) => [localTime(at), originate, boundBy, why]),
        ),
  ];
  return sections.filter((section) => section !== '').join('\n');
}
