import { createAsteriskPbx } from '../../asterisk/pbx.ts';
import { startTestbed, type Testbed } from '../../asterisk/testbed/start.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Pbx } from '../../lib/dialer/pbx.ts';
import { memoryLog } from './rig.ts';

export interface LivePbx {
  readonly testbed: Testbed;
  readonly pbx: Pbx;
  readonly lines: Record<string, unknown>[];
}

/** The adapter to a test bed's pbx, as the daemon would make it. */
export function adapterTo(testbed: Testbed, app = 'obzvon'): LivePbx {
  const { log, lines } = memoryLog();
  const { pbx } = testbed;
  const trunk = (name: string) => ({ dial: `PJSIP/{number}@${name}`, endpoint: `PJSIP/${name}`, plus: true });
  return {
    testbed,
    lines,
    pbx: createAsteriskPbx(
      {
        ari: { url: pbx.httpUrl, user: pbx.ariUser, secret: pbx.ariSecret, app },
        ami: { host: pbx.amiHost, port: pbx.amiPort, user: pbx.amiUser, secret: pbx.amiSecret },
        celFile: pbx.celFile,
        context: 'obzvon-out',
        trunks: { pstn: trunk('pstn'), dead: trunk('dead'), down: trunk('down') },
        maxTalkMs: 600_000,
        agentShiftMs: 3_600_000,
      },
      { clock: systemClock, log },
    ),
  };
}

/** Resolves when `done()` holds, asked every 20 ms; rejects after `limitMs` naming what was waited for. */
export async function until(what: string, done: () => boolean, limitMs: number): Promise<void> {
  const end = systemClock.monotonic() + limitMs;
  while (!done()) {
    if (systemClock.monotonic() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => void systemClock.after(20, () => resolve(undefined)));
  }
}

export { startTestbed };
