import type { Status } from '../control/commands/status.ts';
import type { ExitCode } from '../errors.ts';
import { campaignTable } from './campaign-table.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { countsByState, duration, localTime, pairs } from './print.ts';
import { watch } from './watch.ts';

/** `obzvon status` */
export async function status(cli: Cli, options: { watch?: boolean }): Promise<ExitCode | void> {
  const read = (): Promise<Status> => cli.call('status', {});
  const text = (now: Status): string => statusText(cli.io, now);
  if (options.watch === true) return watch(cli, read, text);
  cli.show(await read(), text);
}

function statusText(io: Io, status: Status): string {
  const { now, pbx } = status;
  const ago = duration(Math.max(0, now - pbx.since));
  const draining = status.state === 'draining' ? ', stops when live calls are over' : '';
  const name = pbx.kind === 'simulated' ? 'simulated' : 'Asterisk';
  const { reasons } = status.dialing;
  return (
    pairs(io, [
      ['obzvond', `${status.version}, pid ${status.pid}, up ${duration(now - status.startedAt)}${draining}`],
      [
        'PBX',
        pbx.state === 'up'
          ? { text: `${name}, up for ${ago}`, style: 'green' }
          : { text: `${name}, ${pbx.state} for ${ago}${pbx.reason === null ? '' : `: ${pbx.reason}`}`, style: 'red' },
      ],
      ...reasons.map(({ hold, reason }) => ['no dialing', { text: `${hold}: ${reason}`, style: 'red' }] as const),
      ...pbx.alarms.map((alarm) => ['alarm', { text: alarm, style: 'red' }] as const),
      ...status.trunks.map(({ name, state, busy, channels, resting }) => {
        const rests = resting === null ? '' : `, rests: ${resting.reason}, tried again ${localTime(resting.tryAt)}`;
        const text = `${name} ${state}, ${busy} of ${channels} channels busy${rests}`;
        return ['trunk', state === 'down' || resting !== null ? ({ text, style: 'red' } as const) : text] as const;
      }),
      ...status.suspendedLines.map(({ phone, operator, blocked, calls, since }) => {
        const text = `${phone} calls operator ${operator} no more: ${blocked} of ${calls} calls blocked, since ${localTime(since)}`;
        return ['line suspended', { text, style: 'red' }] as const;
      }),
      ...status.troubledSchedules.map(({ name, problem }) => {
        return ['schedule', { text: `${name}: ${problem}`, style: 'red' }] as const;
      }),
      ['agents', countsByState(status.agents)],
      ['calls', countsByState(status.calls)],
      ['database', `${status.database.path}, ${(status.database.bytes / 1_048_576).toFixed(1)} MB`],
    ]) +
    '\n' +
    campaignTable(io, status.campaigns)
  );
}
