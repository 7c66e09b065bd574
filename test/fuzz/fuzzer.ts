import { seededRandom, type Random } from '../../lib/sim/random.ts';

/** A generated input, and whatever the oracle must know of how it was made. */
export interface Made {
  /** What sort of input it is, for the tally. */
  readonly kind: string;
  readonly input: unknown;
}

/** A parser under test: a generator of inputs and the oracle that judges what the parser makes of them. */
export interface Fuzzer<M extends Made = Made> {
  make(random: Random): M;
  /** What the parser did wrong; null: nothing. */
  judge(made: M): string | null | Promise<string | null>;
}

/** A case that was tried. */
export interface Tried extends Made {
  /** Null: it was judged right. */
  readonly wrong: string | null;
}

/** Random numbers of one case: the seed and the index alone give the case again. */
export function randomOf(seed: number, index: number): Random {
  let mixed = (Math.imul(seed, 0x9e3779b1) + index) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return seededRandom((mixed ^ (mixed >>> 16)) >>> 0);
}

/** Tries one case; what the parser throws is wrong too. */
export async function tryCase<M extends Made>(fuzzer: Fuzzer<M>, seed: number, index: number): Promise<Tried> {
  const made = fuzzer.make(randomOf(seed, index));
  const { kind, input } = made;
  try {
    const wrong = fuzzer.judge(made);
    return { kind, input, wrong: wrong instanceof Promise ? await wrong : wrong };
  } catch (error) {
    return { kind, input, wrong: `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` };
  }
}

/** What a failure says: enough to run it again. */
export function failureText(parser: string, seed: number, index: number, tried: Tried): string {
  return `${parser}, seed ${seed}, index ${index}, ${tried.kind}: ${tried.wrong ?? 'right'}\n  ${shown(tried.input)}`;
}

function shown(input: unknown): string {
  const text = JSON.stringify(input) ?? String(input);
  return text.length > 2_000 ? `${text.slice(0, 2_000)}… (${text.length} characters)` : text;
}

/** 0 … n − 1. */
export const below = (random: Random, n: number): number => Math.floor(random() * n);

/** One of the list. */
export const of = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

/** True so often. */
export const chance = (random: Random, share: number): boolean => random() < share;

/** A text of `count` signs of the alphabet. */
export function textOf(random: Random, alphabet: readonly string[], count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += of(random, alphabet);
  return text;
}

/** The text in pieces cut anywhere, none of them empty. */
export function cut<T extends string | Buffer>(random: Random, whole: T): T[] {
  const pieces: T[] = [];
  const longest = of(random, [2, 16, 64, 256, 4_096, 4_096]);
  for (let at = 0; at < whole.length; ) {
    // Pieces of one sign in a long text would only cost time.
    const length = 1 + below(random, whole.length > 512 ? Math.max(longest, 256) : longest);
    pieces.push((typeof whole === 'string' ? whole.slice(at, at + length) : whole.subarray(at, at + length)) as T);
    at += length;
  }
  return pieces;
}
