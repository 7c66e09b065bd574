import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** What one client did over all its rounds, ms. */
export interface Measured {
  readonly name: string;
  readonly calls: number;
  /** Answered callees no agent heard. */
  readonly unheard: number;
  /** Answers in a second: both must have had the same to do. */
  readonly perSecond: number;
  /** From 200 OK at the callee's phone to his first packet at the agent's. */
  readonly heard: Figures;
  /** The same, round by round. */
  readonly rounds: readonly Figures[];
  /** By the client's own account. */
  readonly bridged: Figures;
}

export interface Figures {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface Goal {
  readonly text: string;
  readonly limit: number;
  readonly found: number;
  readonly met: boolean;
}

/** What has to be known of the place where it was measured. */
export interface Surroundings {
  readonly cpu: string;
  readonly node: string;
  readonly asterisk: string;
  readonly commit: string;
  readonly load: readonly number[];
  /** One commit's fsync in the database's folder. */
  readonly fsync: Figures;
  /** Lateness of the measuring process itself. */
  readonly observer: Figures;
}

const ALLOWANCE_MS = 20;
const CEILING_MS = 100;

/** Percentiles by nearest rank. */
export function figuresOf(values: readonly number[]): Figures {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
  return { p50: rank(0.5), p90: rank(0.9), p99: rank(0.99), max: rank(1) };
}

export function goalsOf(minimal: Measured, obzvon: Measured): Goal[] {
  const found = obzvon.heard.p99;
  const goal = (text: string, limit: number): Goal => ({ text, limit, found, met: found <= limit });
  return [
    goal(`p99 obzvon ≤ p99 minimal + ${ALLOWANCE_MS} ms`, minimal.heard.p99 + ALLOWANCE_MS),
    goal(`p99 obzvon ≤ ${CEILING_MS} ms`, CEILING_MS),
  ];
}

export function surroundings(parts: Pick<Surroundings, 'asterisk' | 'fsync' | 'observer'>): Surroundings {
  return {
    cpu: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    node: process.versions.node,
    commit: commit(),
    load: loadavg().map((load) => Math.round(load * 100) / 100),
    ...parts,
  };
}

function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'ignore'] })
        .toString()
        .trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : ' with changes');
  } catch {
    return 'not a git checkout';
  }
}

export function printReport(
  minimal: Measured,
  obzvon: Measured,
  goals: readonly Goal[],
  { cpu, node, asterisk, commit, load, fsync, observer }: Surroundings,
): void {
  const ms = (value: number): string => value.toFixed(1);
  const line = (name: string, cells: readonly string[]): void =>
    console.log(name.padEnd(22) + cells.map((cell) => cell.padStart(9)).join(''));
  console.log('\nAnswer → the agent hears the callee, ms');
  line('', ['calls', 'unheard', 'a second', 'p50', 'p90', 'p99', 'max', '|', 'own p50', 'own p99']);
  for (const { name, calls, unheard, perSecond, heard, bridged } of [minimal, obzvon]) {
    const { p50, p90, p99, max } = heard;
    line(name, [
      `${calls}`,
      `${unheard}`,
      ms(perSecond),
      ...[p50, p90, p99, max].map(ms),
      '|',
      ...[bridged.p50, bridged.p99].map(ms),
    ]);
  }
  const compare = (name: string, by: (a: number, b: number) => string): void =>
    line(name, [
      '',
      '',
      '',
      ...(['p50', 'p90', 'p99', 'max'] as const).map((k) => by(obzvon.heard[k], minimal.heard[k])),
    ]);
  compare('difference', (a, b) => ms(a - b));
  compare('ratio', (a, b) => (a / b).toFixed(2));
  for (const { name, rounds } of [minimal, obzvon]) {
    console.log(`${name}, p50/p99 by round: ${rounds.map(({ p50, p99 }) => `${ms(p50)}/${ms(p99)}`).join('  ')}`);
  }
  console.log('own: by the client’s own clock, from its news of the answer to its news of the bridge\n');
  for (const { text, limit, found, met } of goals) {
    console.log(`${met ? 'met   ' : 'MISSED'}  ${text}: ${ms(found)} against ${ms(limit)}`);
  }
  console.log(`\n${cpu}, Node ${node}, Asterisk ${asterisk}, commit ${commit}, load ${load.join(' ')}`);
  console.log(`fsync of one commit p50 ${ms(fsync.p50)} p99 ${ms(fsync.p99)} ms`);
  console.log(`the observer itself is late by p99 ${ms(observer.p99)} max ${ms(observer.max)} ms`);
}
