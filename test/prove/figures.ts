import Database from 'better-sqlite3';
import type { AgentState } from '../../lib/core/agent.ts';
import type { Disposition } from '../../lib/core/outcome.ts';

/** Epoch ms, the end excluded. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** What the database says of a window of a campaign's shift. */
export interface Figures {
  readonly placed: number;
  /** Live answers that were connected or abandoned by now. */
  readonly answers: number;
  /** Of them, not connected within the limit. */
  readonly abandoned: number;
  readonly abandonment: number;
  /** Time of calls in talk ÷ all agents' time. */
  readonly talk: number;
  readonly endings: Readonly<Partial<Record<Disposition, number>>>;
  /** Means: from the decision to ringing, to the news of a refusal; from ringing to giving up. */
  readonly setupMs: number;
  readonly refusalMs: number;
  readonly gaveUpMs: number;
  /** From the answer to the bridge. */
  readonly waitMs: { readonly p50: number; readonly p99: number; readonly mean: number };
}

/** All agents' time by state, shares. */
export type AgentTime = Readonly<Partial<Record<AgentState, number>>>;

interface AgentMove {
  readonly at: number;
  readonly agent: string;
  readonly state: AgentState;
}

/** Promises held against every row of the shift. */
export interface Rows {
  readonly attempts: number;
  readonly calledTwice: number;
  readonly withoutAllow: number;
  readonly withoutDecision: number;
}

interface Attempt {
  readonly planned_at: number;
  readonly rang_at: number | null;
  readonly answered_at: number | null;
  readonly bridged_at: number | null;
  readonly ended_at: number | null;
  readonly disposition: Disposition | null;
}

/** A second pair of eyes on a daemon's database, beside the daemon's own code and while it works. */
export interface Reader {
  figures(window: Window, agents: number, limitMs: number): Figures;
  agentTime(window: Window, agents: number): AgentTime;
  rows(): Rows;
  close(): void;
}

/** Reads the database of a daemon with one campaign; writes nothing. */
export function openReader(path: string): Reader {
  const db = new Database(path, { readonly: true });
  const attempts = db.prepare<[number], Attempt>(
    `SELECT planned_at, rang_at, answered_at, bridged_at, ended_at, disposition FROM attempts WHERE planned_at < ?`,
  );
  const moves = db.prepare<[number], AgentMove>(
    `SELECT at, id_of AS agent, "to" AS state FROM journal WHERE subject = 'agent' AND at < ? ORDER BY id`,
  );
  const rows = db.prepare<[], Rows>(
    `SELECT count(*) AS attempts, count(*) - count(DISTINCT a.phone) AS calledTwice,
       count(*) FILTER (WHERE v.verdict IS NOT 'ALLOW' OR v.phone <> a.phone) AS withoutAllow,
       count(*) FILTER (WHERE d.id IS NULL OR d.at > a.planned_at) AS withoutDecision
     FROM attempts AS a LEFT JOIN verdicts AS v ON v.id = a.verdict LEFT JOIN pacing_decisions AS d ON d.id = a.decision`,
  );
  return {
    figures: (window, agents, limitMs) => figuresOf(attempts.all(window.to), window, agents, limitMs),
    agentTime: (window, agents) => agentTime(moves.all(window.to), window, agents),
    rows: () => rows.get() as Rows,
    close: () => db.close(),
  };
}

const REFUSED: ReadonlySet<Disposition | null> = new Set(['busy', 'declined', 'congestion']);

function figuresOf(all: readonly Attempt[], { from, to }: Window, agents: number, limitMs: number): Figures {
  const within = (at: number | null): boolean => at !== null && at >= from && at < to;
  const placed = all.filter(({ planned_at }) => within(planned_at));
  const answered = all.filter(
    ({ answered_at, bridged_at, disposition }) => within(answered_at) && (bridged_at !== null || disposition !== null),
  );
  const waits = answered.flatMap(({ answered_at, bridged_at }) =>
    answered_at === null || bridged_at === null ? [] : [bridged_at - answered_at],
  );
  const abandoned = answered.length - waits.filter((wait) => wait <= limitMs).length;
  const talkMs = all.reduce(
    (total, { bridged_at, ended_at }) =>
      bridged_at === null ? total : total + Math.max(0, Math.min(ended_at ?? to, to) - Math.max(bridged_at, from)),
    0,
  );
  const endings: Partial<Record<Disposition, number>> = {};
  for (const { disposition } of placed) {
    if (disposition !== null) endings[disposition] = (endings[disposition] ?? 0) + 1;
  }
  const sorted = [...waits].sort((a, b) => a - b);
  const percentile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return {
    placed: placed.length,
    answers: answered.length,
    abandoned,
    abandonment: answered.length === 0 ? 0 : abandoned / answered.length,
    talk: talkMs / (agents * (to - from)),
    endings,
    setupMs: mean(placed.flatMap(({ planned_at, rang_at }) => (rang_at === null ? [] : [rang_at - planned_at]))),
    refusalMs: mean(
      placed.flatMap(({ planned_at, ended_at, disposition }) =>
        REFUSED.has(disposition) && ended_at !== null ? [ended_at - planned_at] : [],
      ),
    ),
    gaveUpMs: mean(
      placed.flatMap(({ rang_at, ended_at, disposition }) =>
        disposition === 'no-answer' && rang_at !== null && ended_at !== null ? [ended_at - rang_at] : [],
      ),
    ),
    waitMs: { p50: percentile(0.5), p99: percentile(0.99), mean: mean(waits) },
  };
}

function agentTime(moves: readonly AgentMove[], { from, to }: Window, agents: number): AgentTime {
  const shares: Partial<Record<AgentState, number>> = {};
  const last = new Map<string, AgentMove>();
  const spend = ({ at, state }: AgentMove, until: number): void => {
    const ms = Math.max(0, Math.min(until, to) - Math.max(at, from));
    if (ms > 0) shares[state] = (shares[state] ?? 0) + ms / (agents * (to - from));
  };
  for (const move of moves) {
    const before = last.get(move.agent);
    if (before !== undefined) spend(before, move.at);
    last.set(move.agent, move);
  }
  for (const move of last.values()) spend(move, to);
  return shares;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((total, value) => total + value, 0) / values.length;
}
