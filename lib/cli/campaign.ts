import { readFileSync } from 'node:fs';
import type { CampaignDetails, CampaignPlan, Preflight } from '../control/commands/campaigns.ts';
import { messageOf, ObzvonError, type ExitCode } from '../errors.ts';
import { callbacksText, campaignTable, finalLeads, leadsText, refusedTable, stateCell } from './campaign-table.ts';
import { cleaned } from './clean.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { countsByState, duration, localTime, pairs, percent, table } from './print.ts';
import { resultsLine } from './result.ts';
import { callingOf } from './segment.ts';
import { waitFor, watch } from './watch.ts';

/** `obzvon campaign apply FILE` */
export async function apply(cli: Cli, file: string): Promise<void> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ObzvonError('CONFIG_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  cli.show(await cli.call('campaign.apply', { text, file }), ({ name, created, changed, warnings }) => {
    const what = created ? 'created' : changed ? 'changed' : 'is as the file says already';
    return `${name} ${what}\n${warningsText(warnings)}`;
  });
}

/** `obzvon campaign list` */
export async function list(cli: Cli): Promise<void> {
  cli.show(await cli.call('campaign.list', {}), ({ campaigns }) => campaignTable(cli.io, campaigns));
}

/** `obzvon campaign show NAME` */
export async function show(cli: Cli, name: string, options: { watch?: boolean }): Promise<ExitCode | void> {
  const read = (): Promise<CampaignDetails> => cli.call('campaign.show', { name });
  const text = (campaign: CampaignDetails): string => detailsText(cli.io, campaign);
  if (options.watch === true) return watch(cli, read, text);
  cli.show(await read(), text);
}

/** `obzvon campaign plan NAME` */
export async function plan(cli: Cli, name: string, options: { at?: number }): Promise<void> {
  cli.show(await cli.call('campaign.plan', { ...options, name }), (result) => planText(cli.io, result));
}

/** `obzvon campaign start NAME` */
export async function start(cli: Cli, name: string, options: { wait?: boolean; timeout?: number }): Promise<void> {
  if (options.timeout !== undefined && options.wait !== true) {
    throw new ObzvonError('USAGE', '--timeout says how long to --wait: give both');
  }
  const preflight = await cli.call('campaign.start', { name });
  if (options.wait !== true) return cli.show(preflight, (result) => preflightText(cli.io, result));
  cli.io.err(preflightText(cli.io, cleaned(preflight)));
  const ended = await waitForEnd(cli, name, options.timeout ?? Infinity);
  cli.show(ended, (campaign) => detailsText(cli.io, campaign));
  if (ended.state === 'halted') {
    throw new ObzvonError('MOVE_REFUSED', `${name} halted: ${ended.reason ?? 'no reason given'}`, {
      hint: `mend it, then obzvon campaign resume ${name}`,
    });
  }
}

/** `obzvon campaign pause NAME` */
export async function pause(cli: Cli, name: string): Promise<void> {
  cli.show(await cli.call('campaign.pause', { name }), stateText);
}

/** `obzvon campaign resume NAME` */
export async function resume(cli: Cli, name: string): Promise<void> {
  cli.show(await cli.call('campaign.resume', { name }), stateText);
}

/** `obzvon campaign stop NAME` */
export async function stop(cli: Cli, name: string): Promise<void> {
  cli.show(await cli.call('campaign.stop', { name }), stateText);
}

function stateText({ name, state }: { name: string; state: string }): string {
  return `${name} is ${state}\n`;
}

/** A pause by a person is waited through; a halt is an end. Progress goes to stderr, in place. */
async function waitForEnd(cli: Cli, name: string, timeoutMs: number): Promise<CampaignDetails> {
  const { io } = cli;
  const read = async (): Promise<CampaignDetails> => {
    const campaign = await cli.call('campaign.show', { name });
    const { leads, liveCalls, state } = campaign;
    if (io.errIsTty)
      io.err(`\r\u001b[K${state}: ${finalLeads(leads)} of ${leads.total} leads final, ${liveCalls} live`);
    return campaign;
  };
  try {
    return await waitFor(cli, read, ({ state }) => state === 'stopped' || state === 'halted', timeoutMs);
  } finally {
    if (io.errIsTty) io.err('\n');
  }
}

function preflightText(io: Io, preflight: Preflight): string {
  const { name, state, leads, callable, later, final, agents, refused, warnings } = preflight;
  return (
    `${name} is ${state}: ${callable} of ${leads} leads may be called now, ${later} later, ${final} are final, ` +
    `${agents} agents logged in\n` +
    warningsText(warnings) +
    refusedTable(io, refused)
  );
}

function warningsText(warnings: readonly string[]): string {
  return warnings.map((warning) => `warning: ${warning}\n`).join('');
}

function planText(io: Io, plan: CampaignPlan): string {
  const { name, state, at, leads, callable, waiting, live, notCalled, final, refused, segments, warnings, due } = plan;
  const now =
    `${name} is ${state}; at ${localTime(at)} ${callable} of ${leads} leads would be called, ${waiting} wait for a retry, ` +
    `${live} are being called, ${notCalled === 0 ? '' : `${notCalled} are of a part of the base that is not called, `}` +
    `${final} are final\n`;
  const parts = segments.map(
    ({ name, leads, called }) => `${name ?? 'of none'} ${leads}${called ? '' : ' (not called)'}`,
  );
  const later = due.map(({ hour, leads }) => [localTime(hour).slice(0, 16), leads] as const);
  const mix = parts.length === 0 ? '' : `segments: ${parts.join(', ')}\n`;
  return (
    now +
    mix +
    warningsText(warnings) +
    refusedTable(io, refused) +
    (due.length === 0 ? '' : `\n${table(io, ['DUE FROM', 'LEADS'], later)}`)
  );
}

function detailsText(io: Io, campaign: CampaignDetails): string {
  const { spec, calls, pacing } = campaign;
  const rate = calls.answered === 0 ? '' : ` (${percent(calls.abandoned / calls.answered)} of answered)`;
  return (
    pairs(io, [
      ['campaign', campaign.title === '' ? campaign.name : `${campaign.name}, ${campaign.title}`],
      ['state', stateCell(campaign.state)],
      ['since', localTime(campaign.since)],
      ['reason', campaign.reason],
      ['purpose', `${campaign.purpose}, ${campaign.mode}, policy ${spec.policy}`],
      ['caller', `${spec.line} by ${spec.trunk}, on behalf of ${spec.entity.name}`],
      ['leads', leadsText(campaign.leads)],
      ['segments', campaign.segments.map((one) => `${one.name} (${callingOf(one).text})`).join(', ') || null],
      ['next due', campaign.nextDueAt === null ? null : localTime(campaign.nextDueAt)],
      ['attempts', calls.attempts],
      ['outcomes', countsByState(calls.byDisposition)],
      ['answered', `${calls.answered}, connected ${calls.connected}, abandoned ${calls.abandoned}${rate}`],
      ['opted out', calls.optedOut],
      ['results', resultsLine(campaign.results)],
      ['live calls', campaign.liveCalls],
      ['callbacks', campaign.callbacks.open === 0 ? null : callbacksText(campaign.callbacks)],
      ['agents', countsByState(campaign.agents)],
      ['pacing', pacing === null ? null : `${pacing.originate} now: ${pacing.why} (${localTime(pacing.at)})`],
      ['rings', `${duration(spec.ringTimeoutS * 1_000)}, then ${duration(spec.wrapUpS * 1_000)} wrap-up after talks`],
    ]) + (campaign.refused.length === 0 ? '' : `\n${refusedTable(io, campaign.refused)}`)
  );
}
