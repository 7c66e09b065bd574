import t from 'tap';
import { startTestbed } from '../../asterisk/testbed/start.ts';
import { runToxics } from '../prove/toxics.ts';

const SEED = Number(process.env['OBZVON_TOXICS_SEED'] ?? 1);

void t.test(
  'wires that are slow, cut, half-open, sliced, reset or closed: no originate before reconcile, each attempt one outcome, nobody twice, dialing again in 5 s',
  { timeout: 140_000 },
  async (t) => {
    const bed = await startTestbed({ agents: 5, seed: SEED });
    t.teardown(() => bed.stop());
    const result = await runToxics({ bed, closing: t, seed: SEED, say: (line) => t.comment(line) });
    const { violations, ...figures } = result;
    t.comment(JSON.stringify(figures));
    t.strictSame(violations, []);
  },
);
