import type { PacingDecision, PacingEvent, PacingSnapshot } from './contract.ts';
import { createPacer } from './pacer.ts';
import type { PacingSettings } from './settings.ts';

/*
 * What a pacer heard and said, so that a shift can be played again offline, bit for bit. A snapshot is written as what
 * changed since the one before: at 50 agents that is a line of 100 bytes where the whole takes 6 KB.
 */

type Agent = PacingSnapshot['agents'][number];
type Call = PacingSnapshot['calls'][number];

/** An agent as it is now, or that it is gone. */
type AgentChange = readonly [id: string, state: Agent['state'], since: number] | readonly [id: string];
/** A call as it is now, or that it is gone; the last place is 1 for another campaign's. */
type CallChange = readonly [id: string, state: Call['state'], since: number, foreign: 0 | 1] | readonly [id: string];

/** One line of a recording; null stands for Infinity. */
export type RecordedLine =
  | readonly ['made', at: number, settings: Written, warmStart: unknown]
  | readonly ['heard', PacingEvent]
  | readonly [
      'asked',
      at: number,
      channelsFree: number | null,
      rateAllows: number | null,
      agents: readonly AgentChange[],
      calls: readonly CallChange[],
      originate: number,
      check: number,
    ];

type Written = { readonly [key in keyof PacingSettings]: PacingSettings[key] | null };

/** Takes down what a pacer hears and says. */
export interface Recorder {
  readonly made: (at: number, settings: PacingSettings, warmStart: unknown) => void;
  readonly heard: (event: PacingEvent) => void;
  readonly asked: (snapshot: PacingSnapshot, decision: PacingDecision) => void;
  /** Lines not yet taken, the oldest first, one JSON array each; about `mostChars` at most, empty when there are none. */
  readonly take: (mostChars: number) => string;
}

/** A recorder of one pacer, from its making on. */
export function createRecorder(): Recorder {
  const agents = new Map<string, Agent>();
  const calls = new Map<string, Call>();
  let lines: string[] = [];
  const write = (line: RecordedLine): void => void lines.push(JSON.stringify(line));
  return {
    made: (at, settings, warmStart) => write(['made', at, settings, warmStart ?? null]),
    heard: (event) => write(['heard', event]),
    asked(snapshot, decision) {
      const { now, channelsFree, rateAllows } = snapshot;
      write([
        'asked',
        now,
        finite(channelsFree),
        finite(rateAllows),
        changes(agents, snapshot.agents, (id, { state, since }) => [id, state, since] as const),
        changes(calls, snapshot.calls, (id, { state, since, foreign }) => [id, state, since, foreign ? 1 : 0] as const),
        decision.originate,
        checkOf(decision),
      ]);
    },
    take(mostChars) {
      let chars = 0;
      let count = 0;
      while (count < lines.length && chars < mostChars) chars += lines[count++]?.length ?? 0;
      const taken = lines.slice(0, count);
      lines = lines.slice(count);
      return taken.map((line) => `${line}\n`).join('');
    },
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const infinite = (value: number | null): number => value ?? Infinity;

function changes<T extends { readonly id: string; readonly state: string; readonly since: number }, C>(
  known: Map<string, T>,
  now: readonly T[],
  told: (id: string, one: T) => C,
): (C | readonly [string])[] {
  const found: (C | readonly [string])[] = [];
  for (const one of now) {
    const before = known.get(one.id);
    if (before?.state === one.state && before.since === one.since) continue;
    // A copy: the floor goes on changing what it lent.
    known.set(one.id, { ...one });
    found.push(told(one.id, one));
  }
  if (known.size === now.length) return found;
  const present = new Set(now.map(({ id }) => id));
  for (const id of known.keys()) {
    if (present.has(id)) continue;
    known.delete(id);
    found.push([id]);
  }
  return found;
}

/** 32 bits over everything a decision says (FNV-1a): equal decisions have equal checks. */
export function checkOf({ originate, wakeAtMs, why }: PacingDecision): number {
  const text = JSON.stringify([originate, wakeAtMs ?? null, why.limit, why.numbers]);
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** A decision played again beside the recorded one. */
export interface Replayed {
  readonly at: number;
  readonly recorded: number;
  readonly decision: PacingDecision;
  /** Not one bit differs. */
  readonly same: boolean;
}

/** Plays a recording line by line: `line` answers for each decision asked, null for all else. */
export interface Player {
  readonly line: (line: RecordedLine) => Replayed | null;
}

/**
 * A player with the recorded settings, or with others: `change` makes them of the recorded ones. The floor is as it was
 * recorded, so with other settings each decision tells what would have been done at that moment, not what would have
 * come of it; that is the simulator's part. Throws a RangeError on a recording that does not begin with its making.
 */
export function createPlayer(change: (settings: PacingSettings) => PacingSettings = (settings) => settings): Player {
  const agents = new Map<string, Agent>();
  const calls = new Map<string, Call>();
  let pacer: ReturnType<typeof createPacer> | null = null;
  return {
    line(line) {
      if (line[0] === 'made') {
        const [, , settings, warmStart] = line;
        agents.clear();
        calls.clear();
        pacer = createPacer(change(settingsRead(settings)), warmStart ?? undefined);
        return null;
      }
      if (pacer === null) throw new RangeError('the recording does not begin with the making of a pacer');
      if (line[0] === 'heard') {
        pacer.observe(line[1]);
        return null;
      }
      const [, now, channelsFree, rateAllows, agentChanges, callChanges, recorded, check] = line;
      for (const change of agentChanges) {
        const [id, state, since] = change;
        if (change.length === 1) agents.delete(id);
        else agents.set(id, { id, state, since } as Agent);
      }
      for (const change of callChanges) {
        const [id, state, since, foreign] = change;
        if (change.length === 1) calls.delete(id);
        else calls.set(id, { id, state, since, foreign: foreign === 1 } as Call);
      }
      const decision = pacer.decide({
        now,
        agents: [...agents.values()],
        calls: [...calls.values()],
        channelsFree: infinite(channelsFree),
        rateAllows: infinite(rateAllows),
      });
      return { at: now, recorded, decision, same: decision.originate === recorded && checkOf(decision) === check };
    },
  };
}

function settingsRead(written: Written): PacingSettings {
  return { ...written, maxUnanswered: infinite(written.maxUnanswered) } as PacingSettings;
}
