import type { RedialReason, RedialRun } from '../control/results.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { localTime, table } from './print.ts';

/** `obzvon redial run CAMPAIGN` */
export async function run(cli: Cli, campaign: string, options: { for?: string }): Promise<void> {
  cli.show(await cli.call('redial.run', { campaign, ...options }), (result) => runText(cli.io, result));
}

/** `obzvon redial list CAMPAIGN` */
export async function list(cli: Cli, campaign: string): Promise<void> {
  cli.show(await cli.call('redial.list', { campaign }), ({ passes }) =>
    passes.length === 0
      ? `there was no pass over ${campaign} yet\n`
      : table(
          cli.io,
          ['FOR', 'BEGUN', 'STATE', 'CALLED', 'LATER', 'NOT CALLED'],
          passes.map((pass) => [pass.for, localTime(pass.at), pass.state, pass.called, pass.waiting, pass.notCalled]),
        ),
  );
}

function runText(io: Io, result: RedialRun): string {
  const { campaign, already, state, called, waiting, leads, notCalled } = result;
  const head = already
    ? `the pass of ${result.for} over ${campaign} was begun at ${localTime(result.at)}: nothing changed\n`
    : `a pass over ${campaign} for ${result.for} has begun; the campaign is ${state}\n`;
  return `${head}of ${leads} leads ${called} are called now, ${waiting} at times of their own\n${reasonsText(io, notCalled)}`;
}

/** Leads left out, by reason. */
export function reasonsText(io: Io, reasons: readonly RedialReason[]): string {
  if (reasons.length === 0) return '';
  return `\n${table(
    io,
    ['NOT CALLED', 'LEADS', 'WHY'],
    reasons.map(({ code, leads, title }) => [code, leads, title]),
  )}`;
}
