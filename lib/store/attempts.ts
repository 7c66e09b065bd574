import type { AttemptId, AttemptState } from '../core/attempt.ts';
import type { Disposition, Mark } from '../core/outcome.ts';
import { phoneToInteger, type Phone } from '../core/phone.ts';
import type { Db } from './open.ts';

export interface AttemptRow {
  readonly id: AttemptId;
  readonly campaign: number;
  readonly lead: number;
  readonly verdict: number;
  readonly phone: number;
  readonly caller: number;
  /** The called operator by the range register then in force; null: it did not tell. */
  readonly operator: string | null;
  readonly trunk: string;
  readonly ring_limit_ms: number;
  readonly state: AttemptState;
  readonly agent: string | null;
  /** The callback it keeps; null: it came from the queue. */
  readonly callback: number | null;
  readonly planned_at: number;
  readonly originated_at: number | null;
  readonly rang_at: number | null;
  readonly answered_at: number | null;
  readonly bridged_at: number | null;
  readonly ended_at: number | null;
  readonly opted_out_at: number | null;
  readonly cancelled_at: number | null;
  /** What the agent heard before the end. */
  readonly mark: Mark | null;
  readonly disposition: Disposition | null;
  readonly cause: number | null;
  readonly sip_code: number | null;
  readonly sip_call_id: string | null;
  readonly witness: Witness | null;
  /** The pacing decision it was placed by; null before there was a journal of them. */
  readonly decision: number | null;
}

/** Who told of the end: the PBX's event, its record (CEL), a survey of live channels, or the daemon itself. */
export type Witness = 'event' | 'record' | 'survey' | 'daemon';

const PATCHABLE = [
  'agent',
  'originated_at',
  'rang_at',
  'answered_at',
  'bridged_at',
  'ended_at',
  'opted_out_at',
  'cancelled_at',
  'disposition',
  'cause',
  'sip_code',
  'sip_call_id',
  'witness',
] as const satisfies readonly (keyof AttemptRow)[];

/** The columns a move may set. */
export type AttemptPatch = Partial<Pick<AttemptRow, (typeof PATCHABLE)[number]>>;

/** Attempts: written first by the gate's transaction, then moved by the engine until they have their one outcome. */
export function createAttempts(db: Db) {
  const byId = db.prepare<[string], AttemptRow>('SELECT * FROM attempts WHERE id = ?');
  const mark = db.prepare('UPDATE attempts SET mark = ? WHERE id = ? AND disposition IS NULL');
  const unresolved = db.prepare<[], AttemptRow>('SELECT * FROM attempts WHERE disposition IS NULL');
  // Ids sort by time, so the newest are found without sorting.
  const recent = db.prepare<{ campaign: number | null; state: string | null; limit: number }, AttemptRow>(
    `SELECT * FROM attempts WHERE (@campaign IS NULL OR campaign = @campaign) AND (@state IS NULL OR state = @state)
     ORDER BY id DESC LIMIT @limit`,
  );
  const ofPhone = db.prepare<[number, number], AttemptRow>(
    'SELECT * FROM attempts WHERE phone = ? ORDER BY planned_at DESC LIMIT ?',
  );
  const lastCampaign = db
    .prepare<
      [number, number],
      number
    >('SELECT campaign FROM attempts WHERE phone = ? AND caller = ? ORDER BY planned_at DESC LIMIT 1')
    .pluck();
  // An attempt with an outcome is never touched again: that holds "one outcome each" also against late events.
  const updates = new Map<string, ReturnType<Db['prepare']>>();
  const updateFor = (columns: readonly string[]) => {
    const key = columns.join();
    let statement = updates.get(key);
    if (statement === undefined) {
      const set = ['state = @state', ...columns.map((column) => `${column} = @${column}`)].join(', ');
      statement = db.prepare(`UPDATE attempts SET ${set} WHERE id = @id AND disposition IS NULL`);
      updates.set(key, statement);
    }
    return statement;
  };
  return {
    byId: (id: string) => byId.get(id),
    unresolved: () => unresolved.all(),
    recent: (campaign: number | null, state: AttemptState | null, limit: number) =>
      recent.all({ campaign, state, limit }),
    /** The campaign that called this number last from this line; null: none did. */
    lastCampaign: (phone: Phone, line: Phone) => lastCampaign.get(phoneToInteger(phone), phoneToInteger(line)) ?? null,
    ofPhone: (phone: Phone, limit: number) => ofPhone.all(phoneToInteger(phone), limit),
    /** Moves an unresolved attempt; throws when it already has its outcome. */
    setState(id: AttemptId, state: AttemptState, patch: AttemptPatch): void {
      const columns = PATCHABLE.filter((column) => patch[column] !== undefined);
      const { changes } = updateFor(columns).run({ id, state, ...patch });
      if (changes !== 1) throw new Error(`attempt ${id} is resolved or unknown: ${state} comes too late`);
    },
    /** Keeps what the agent heard; throws when the attempt already has its outcome. */
    mark(id: AttemptId, heard: Mark | null): void {
      const { changes } = mark.run(heard, id);
      if (changes !== 1) throw new Error(`attempt ${id} is resolved or unknown: the mark comes too late`);
    },
  };
}
