import type { RedialRun } from '../control/commands/redials.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { writePage } from './page.ts';
import { localTime, table } from './print.ts';
import type { ForecastOptions } from './redial-forecast.ts';
import { planText, reasonsText } from './redial-plan.ts';
import { reportPage, reportText } from './redial-report.ts';

/** Enough for each hour of the day. */
const PAST_CALLS = 5_000;

/** `obzvon redial run CAMPAIGN` */
export async function run(cli: Cli, campaign: string, options: { for?: string }): Promise<void> {
  cli.show(await cli.call('redial.run', { campaign, ...options }), (result) => runText(cli.io, result));
}

/** `obzvon redial plan CAMPAIGN` */
export async function plan(
  cli: Cli,
  campaign: string,
  { for: date, ...crew }: { for?: string } & ForecastOptions,
): Promise<void> {
  // The base is asked about in threads; the past calls are read, and the simulator loaded, meanwhile.
  const [foresight, history, { forecastOf }] = await Promise.all([
    cli.call('redial.plan', { campaign, ...(date === undefined ? {} : { for: date }) }),
    cli.call('campaign.history', { name: campaign, days: 30, attempts: PAST_CALLS, base: false }),
    import('./redial-forecast.ts'),
  ]);
  const made = forecastOf(foresight, history, crew);
  const forecast = 'forecast' in made ? made.forecast : null;
  cli.show({ ...foresight.plan, until: foresight.until, zone: foresight.zone, forecast }, (result) =>
    planText(cli.io, result, 'none' in made ? made.none : null),
  );
}

/** `obzvon redial report CAMPAIGN` */
export async function report(cli: Cli, campaign: string, options: { for?: string; html?: string }): Promise<void> {
  const { html, ...asked } = options;
  const found = await cli.call('redial.report', { campaign, ...asked });
  if (html !== undefined) {
    writePage(html, reportPage(found));
    cli.io.err(`${html} written\n`);
  }
  cli.show(found, (result) => reportText(cli.io, result));
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
