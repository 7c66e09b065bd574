import { parentPort, workerData } from 'node:worker_threads';
import { failureText } from './fuzzer.ts';
import { PARSERS, type ParserName } from './parsers.ts';

/** The part of a run one worker does: every `step`-th index from `first`. */
export interface Share {
  readonly parser: ParserName;
  readonly seed: number;
  readonly first: number;
  readonly step: number;
  readonly end: number;
  /** The index being tried, for whoever waits in vain: [0] holds it. */
  readonly at: Float64Array;
}

/** What came of it. */
export interface Tally {
  readonly byKind: ReadonlyMap<string, { tried: number; wrong: number }>;
  /** The first failures. */
  readonly failures: readonly string[];
}

const MOST_SHOWN = 20;

const { parser, seed, first, step, end, at } = workerData as Share;
const tryOne = await PARSERS[parser]();
const byKind = new Map<string, { tried: number; wrong: number }>();
const failures: string[] = [];
for (let index = first; index < end; index += step) {
  at[0] = index;
  const tried = await tryOne(seed, index);
  let tally = byKind.get(tried.kind);
  if (tally === undefined) byKind.set(tried.kind, (tally = { tried: 0, wrong: 0 }));
  tally.tried += 1;
  if (tried.wrong === null) continue;
  tally.wrong += 1;
  if (failures.length < MOST_SHOWN) failures.push(failureText(parser, seed, index, tried));
}
parentPort?.postMessage({ byKind, failures } satisfies Tally);
