import { fileURLToPath } from 'node:url';
import t from 'tap';
import { shortDir } from '../helpers/short-dir.ts';
import { plant, PLANTED } from './exchange/planted.ts';
import { runWorlds } from './exchange/worlds.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The whole is `npm run prove:kill`, 10,000 kills; OBZVON_KILL_SEED draws others. */
const SEED = Number(process.env['OBZVON_KILL_SEED'] ?? 1);
const KILLS = 8;

void t.test(`the daemon as it ships, killed ${KILLS} times at random, breaks no invariant: seed ${SEED}`, async (t) => {
  const worlds = await runWorlds({
    seed: SEED,
    kills: KILLS,
    worlds: 2,
    dir: shortDir(t),
    tree: ROOT,
    checkEvery: 100,
  });
  const all = worlds.flatMap(({ breaches }) => breaches);
  t.strictSame(all, []);
  const sum = (of: 'kills' | 'calls' | 'bridged'): number => worlds.reduce((total, world) => total + world[of], 0);
  t.equal(sum('kills'), KILLS);
  t.ok(sum('calls') > 20 && sum('bridged') > 5, `${sum('calls')} calls, ${sum('bridged')} talks`);
});

void t.test('a program with each of the mistakes can be made: their places stand in the source once', async (t) => {
  const folder = shortDir(t);
  for (const planted of PLANTED) t.ok(plant(planted, folder), planted.name);
});
