import { connect } from 'node:net';
import type { Testbed, TestbedPbx } from '../../../asterisk/testbed/start.ts';
import { sleep, systemClock } from '../../../lib/clock.ts';
import { eventually } from '../../helpers/eventually.ts';

/** What is done to Asterisk: killed, stopped for less or more than it takes to be missed, or restarted in two ways. */
export const FAULTS = ['kill', 'stop-short', 'stop-long', 'restart', 'terminate'] as const;
export type Fault = (typeof FAULTS)[number];

/** One fault as it went; epoch ms. */
export interface Struck {
  readonly fault: Fault;
  readonly at: number;
  /** When Asterisk said FullyBooted to a connection of our own, or was let run again. */
  readonly wholeAt: number;
}

/** Whether all calls of the PBX end with the fault. */
export function endsCalls(fault: Fault): boolean {
  return fault !== 'stop-short' && fault !== 'stop-long';
}

/** A stop shorter than this may pass unnoticed; the longest is well past the daemon's 3 s. */
const STOP_MS = { 'stop-short': { least: 200, most: 2_500 }, 'stop-long': { least: 3_500, most: 8_000 } } as const;
const DEAD_MOST_MS = 1_500;
const BOOT_MS = 20_000;

/** Does it to the PBX of the bed, and has it whole again. */
export async function strike(bed: Testbed, fault: Fault, random: () => number): Promise<Struck> {
  const { pbx } = bed;
  const at = systemClock.now();
  switch (fault) {
    case 'stop-short':
    case 'stop-long': {
      const { least, most } = STOP_MS[fault];
      pbx.kill('SIGSTOP');
      await sleep(systemClock, least + random() * (most - least));
      pbx.kill('SIGCONT');
      return { fault, at, wholeAt: systemClock.now() };
    }
    case 'kill':
      pbx.kill('SIGKILL');
      await sleep(systemClock, random() * DEAD_MOST_MS);
      break;
    case 'terminate':
      pbx.kill('SIGTERM');
      await eventually('Asterisk is gone', async () => !(await listens(pbx)), BOOT_MS);
      break;
    case 'restart':
      // `core restart now` in two steps: one started by a loader of its own cannot execute itself. The console is cut off.
      await pbx.rx('core stop now').catch(() => '');
      await eventually('Asterisk is gone', async () => !(await listens(pbx)), BOOT_MS);
      break;
  }
  const [wholeAt] = await Promise.all([fullyBooted(pbx), pbx.restart()]);
  return { fault, at, wholeAt };
}

async function listens({ amiHost, amiPort }: TestbedPbx): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(amiPort, amiHost);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** When an Asterisk that is coming up says FullyBooted to a manager that is not the daemon. */
async function fullyBooted(pbx: TestbedPbx): Promise<number> {
  return eventually('Asterisk says FullyBooted', () => askOnce(pbx), BOOT_MS);
}

/** Null: there was no connection, or it ended before the word came. */
function askOnce({ amiHost, amiPort, amiUser, amiSecret }: TestbedPbx): Promise<number | null> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(amiPort, amiHost, () => {
      socket.write(`Action: Login\r\nUsername: ${amiUser}\r\nSecret: ${amiSecret}\r\nEvents: on\r\n\r\n`);
    });
    socket.setTimeout(BOOT_MS, () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString();
      if (!heard.includes('FullyBooted')) return;
      resolve(systemClock.now());
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(null));
  });
}
