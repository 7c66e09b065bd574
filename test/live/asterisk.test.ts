import t from 'tap';
import { startTestbed } from '../../asterisk/testbed/start.ts';
import { runAsterisk } from '../prove/asterisk/drive.ts';

const SEED = Number(process.env['OBZVON_ASTERISK_SEED'] ?? 1);

void t.test(
  'Asterisk killed, stopped and restarted under load: no originate before reconcile, dialing again in 5 s, each attempt one outcome',
  { timeout: 100_000 },
  async (t) => {
    const bed = await startTestbed({ agents: 12, seed: SEED });
    t.teardown(() => bed.stop());
    const say = (line: string): void => void t.comment(line);
    const { violations, ...figures } = await runAsterisk({ bed, closing: t, seed: SEED, times: 4, leads: 900, say });
    t.comment(JSON.stringify(figures));
    t.strictSame(violations, []);
    t.ok(figures.placed > 20, `${figures.placed} calls were placed`);
  },
);
