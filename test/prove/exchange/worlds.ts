import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorldFound, WorldPlan } from './world.ts';

const WORLD = fileURLToPath(new URL('./world-process.ts', import.meta.url));

export interface Proof {
  readonly seed: number;
  readonly kills: number;
  readonly worlds: number;
  readonly dir: string;
  readonly tree: string;
  readonly checkEvery: number;
  /** Kills so far, in all worlds. */
  readonly onKill?: (kills: number) => void;
}

/** Runs worlds side by side; each has its share of the kills. */
export async function runWorlds(proof: Proof): Promise<WorldFound[]> {
  const { kills, worlds, seed, dir, tree, checkEvery, onKill } = proof;
  const done = Array<number>(worlds).fill(0);
  return Promise.all(
    done.map((_, i) => {
      const share = Math.floor(kills / worlds) + (i < kills % worlds ? 1 : 0);
      const plan: WorldPlan = { seed: seed * 1_000 + i, kills: share, dir: join(dir, `w${i}`), tree, checkEvery };
      const child = fork(WORLD, [JSON.stringify(plan)], { env: { ...process.env, NODE_OPTIONS: '' } });
      return new Promise<WorldFound>((resolve, reject) => {
        let found: WorldFound | undefined;
        child.on('message', (told: { kills?: number; found?: WorldFound }) => {
          if (told.found !== undefined) found = told.found;
          if (told.kills === undefined) return;
          done[i] = told.kills;
          onKill?.(done.reduce((sum, own) => sum + own, 0));
        });
        child.on('exit', (code, signal) => {
          if (found === undefined) reject(new Error(`world ${i} ended with ${signal ?? code}`));
          else resolve(found);
        });
      });
    }),
  );
}
