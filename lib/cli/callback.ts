import type { Commands } from '../control/commands.ts';
import type { Callback } from '../control/commands/callbacks.ts';
import { ObzvonError } from '../errors.ts';
import { clean } from './clean.ts';
import type { Cli } from './cli.ts';
import { parseCount } from './options.ts';
import { localTime, table } from './print.ts';

type Add = Commands['callback.add']['args'];
type Move = Commands['callback.move']['args'];
type Windowed = { readonly window?: number };

/** `obzvon callback add CAMPAIGN PHONE` */
export async function add(
  cli: Cli,
  campaign: string,
  phone: string,
  { window, ...said }: Omit<Add, 'campaign' | 'phone' | 'windowMin'> & Windowed,
): Promise<void> {
  const result = await cli.call('callback.add', { ...said, ...windowed(window), campaign, phone });
  cli.show(result, ({ callback, newLead }) => {
    const lead = newLead ? `${callback.phone} is a lead of ${campaign} now\n` : '';
    return lead + callbackText(callback);
  });
}

/** `obzvon callback list CAMPAIGN` */
export async function list(
  cli: Cli,
  campaign: string,
  { all, limit }: { all?: boolean; limit: number },
): Promise<void> {
  cli.show(await cli.call('callback.list', { campaign, all: all === true, limit }), ({ callbacks }) => {
    if (callbacks.length === 0) return 'no callbacks\n';
    return table(
      cli.io,
      ['ID', 'PHONE', 'KIND', 'STATE', 'DUE', 'THERE', 'UNTIL', 'AGENT', 'TRIES', 'NOTE'],
      callbacks.map((one) => [
        one.id,
        one.phone,
        one.kind,
        one.state,
        localTime(one.dueAt).slice(0, 16),
        one.local,
        localTime(one.until).slice(0, 16),
        one.agent ?? 'anyone',
        one.tries,
        one.note ?? '',
      ]),
    );
  });
}

/** `obzvon callback move ID --at TIME` */
export async function move(
  cli: Cli,
  id: string,
  { window, ...given }: Omit<Move, 'id' | 'windowMin'> & Windowed,
): Promise<void> {
  cli.show(await cli.call('callback.move', { ...given, ...windowed(window), id: parseCount(id) }), callbackText);
}

/** `obzvon callback cancel ID` */
export async function cancel(cli: Cli, id: string): Promise<void> {
  cli.show(await cli.call('callback.cancel', { id: parseCount(id) }), callbackText);
}

const MINUTE_MS = 60_000;

function windowed(ms: number | undefined): { windowMin?: number } {
  if (ms === undefined) return {};
  if (ms < MINUTE_MS) throw new ObzvonError('USAGE', 'a window is a minute or more', { hint: 'such as --window 30m' });
  return { windowMin: Math.floor(ms / MINUTE_MS) };
}

function callbackText({ id, phone, state, local, dueAt, until, agent }: Callback): string {
  const whose = agent === null ? 'the first free agent' : `agent ${agent}`;
  if (state !== 'waiting') return `callback ${id} to ${phone} is ${state}\n`;
  return clean(
    `callback ${id}: ${whose} calls ${phone} at ${local} (${localTime(dueAt)} here), until ${localTime(until)} at the latest\n`,
  );
}
