import { tryCase, type Fuzzer, type Made, type Tried } from './fuzzer.ts';

/** Tries the case of a seed and an index. */
export type Try = (seed: number, index: number) => Promise<Tried>;

const trying =
  <M extends Made>(fuzzer: Fuzzer<M>): Try =>
  (seed, index) =>
    tryCase(fuzzer, seed, index);

/** The parsers that are fuzzed; the work of each is loaded only where it runs. */
export const PARSERS = {
  csv: async () => trying((await import('./csv.ts')).fuzzCsv),
  number: async () => trying((await import('./number.ts')).fuzzNumber),
  ari: async () => trying((await import('./ari.ts')).fuzzAri),
  ami: async () => trying((await import('./ami.ts')).fuzzAmi),
  cli: async () => trying((await import('./cli.ts')).fuzzCli),
  config: async () => trying((await import('./config.ts')).fuzzConfig),
} as const satisfies Readonly<Record<string, () => Promise<Try>>>;

export type ParserName = keyof typeof PARSERS;

/** Whether there is such a parser. */
export function isParser(name: string): name is ParserName {
  return Object.hasOwn(PARSERS, name);
}
