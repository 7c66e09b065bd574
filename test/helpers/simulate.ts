import { runCli } from './cli.ts';

/** Short and small: what is tested is the way from words to figures. */
export const QUICK = ['reference-n20', '--agents', '4', '--hours', '1', '--seeds', '2'];

/** What `simulate --json` prints, as far as tests look at it. */
export interface Shown {
  readonly plan: { readonly agents: number[]; readonly methods: string[]; readonly scenario: { name: string } };
  readonly cells: readonly {
    readonly agents: number;
    readonly method: string;
    readonly summary: { readonly talk: { mean: number }; readonly base: { worked: { mean: number } } | null };
    readonly runs: readonly unknown[];
    readonly series: Readonly<Record<string, readonly unknown[]>> | null;
  }[];
  readonly conclusion: string;
  readonly command: string;
  readonly assumptions: readonly string[];
}

/** Runs `obzvon --json simulate …`; throws what it says when it does not succeed. */
export const shown = async (argv: readonly string[]): Promise<Shown> => {
  const { exit, out, err } = await runCli(['--json', 'simulate', ...argv]);
  if (exit !== 0) throw new Error(err);
  return JSON.parse(out) as Shown;
};
