import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Planned } from './optout-load.ts';

/** What Asterisk's own event log says of one call, epoch ms with microseconds. */
export interface SeenCall extends Planned {
  startedAt: number;
  answeredAt: number | null;
  bridgedAt: number | null;
  endedAt: number | null;
}

/** One opt-out as it was told. */
export interface ToldOptOut {
  readonly phone: number;
  /** The instant in its row: taken before the commit, so that what is measured from it is never too short. */
  readonly at: number;
  /** When the asker had his answer: the commit was before. */
  readonly answeredAt: number;
}

/** What became of an opt-out. */
export interface Judged {
  /** From the commit to the last originate to the number; 0 when there was none after it. */
  readonly lastOriginateMs: number;
  /** The gate allowed a call after the commit. */
  readonly allowedAfter: boolean;
  /** A call that rang at the commit: until it was hung up. Null: none rang. */
  readonly rangOnMs: number | null;
  /** Bridged after the asker had his answer. */
  readonly bridgedAfter: boolean;
  /** Bridged between the row's instant and the answer: who came first cannot be told. */
  readonly bridgedMeanwhile: boolean;
}

/** Reads the event log: the calls by their numbers, in the order they were started. */
export async function readWitness(
  celFile: string,
  attempts: ReadonlyMap<string, Planned>,
): Promise<ReadonlyMap<number, readonly SeenCall[]>> {
  const calls = new Map<string, SeenCall>();
  for await (const line of createInterface({ input: createReadStream(celFile) })) {
    if (!line.includes('"at-')) continue;
    const event = lowerCased(line);
    const id = event.get('uniqueid') ?? '';
    const at = Number(event.get('eventtime')) * 1_000;
    if (!id.startsWith('at-')) continue;
    const planned = attempts.get(id);
    if (planned === undefined) throw new Error(`Asterisk saw ${id}, which no attempt is`);
    const call = calls.get(id) ?? { ...planned, startedAt: at, answeredAt: null, bridgedAt: null, endedAt: null };
    calls.set(id, call);
    if (event.get('eventtype') === 'ANSWER') call.answeredAt ??= at;
    if (event.get('eventtype') === 'BRIDGE_ENTER') call.bridgedAt ??= at;
    if (event.get('eventtype') === 'HANGUP') call.endedAt = at;
  }
  const byPhone = new Map<number, SeenCall[]>();
  for (const call of [...calls.values()].sort((a, b) => a.startedAt - b.startedAt)) {
    byPhone.set(call.phone, [...(byPhone.get(call.phone) ?? []), call]);
  }
  return byPhone;
}

function lowerCased(line: string): ReadonlyMap<string, string> {
  const fields = JSON.parse(line) as Record<string, unknown>;
  return new Map(Object.entries(fields).map(([key, value]) => [key.toLowerCase(), String(value)]));
}

/** Holds one opt-out against what Asterisk saw. */
export function judge(told: ToldOptOut, calls: readonly SeenCall[]): Judged {
  const last = calls.at(-1);
  const rang = calls.find(
    (call) =>
      call.startedAt <= told.at && (call.endedAt ?? Infinity) > told.at && (call.answeredAt ?? Infinity) > told.at,
  );
  const bridgedSince = (from: number, to: number): boolean =>
    calls.some(({ bridgedAt }) => bridgedAt !== null && bridgedAt >= from && bridgedAt < to);
  return {
    lastOriginateMs: Math.max(0, (last?.startedAt ?? 0) - told.at),
    allowedAfter: calls.some(({ plannedAt }) => plannedAt > told.at),
    rangOnMs: rang === undefined ? null : (rang.endedAt ?? Infinity) - told.at,
    bridgedAfter: bridgedSince(told.answeredAt, Infinity),
    bridgedMeanwhile: bridgedSince(told.at, told.answeredAt),
  };
}
