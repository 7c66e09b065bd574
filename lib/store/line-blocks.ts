import { phoneFromInteger, phoneToInteger, type Phone } from '../core/phone.ts';
import type { AttemptRow } from './attempts.ts';
import type { Db } from './open.ts';

/** A caller number that calls an operator no more: he blocked it too often. */
export interface LineBlock {
  readonly caller: Phone;
  /** ИНН or name as in the range register; `?`: unknown. */
  readonly operator: string;
  readonly since: number;
  /** Blocked calls of the last `calls`. */
  readonly blocked: number;
  readonly calls: number;
}

interface LineBlockRow {
  readonly caller: number;
  readonly operator: string;
  readonly state: 'suspended' | 'resumed';
  readonly at: number;
  readonly blocked: number;
  readonly calls: number;
}

/** An attempt with what its verdict says of the line's registration. */
export type LearnedAttempt = AttemptRow & { readonly registration: number | null };

/** What the network taught: suspended lines, and the past attempts that teach. Blocks are append-only. */
export function createLineBlocks(db: Db) {
  const insert = db.prepare<[number, string, string, number, number, number, string | null]>(
    'INSERT INTO line_blocks (caller, operator, state, at, blocked, calls, note) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const newest = db.prepare<[], LineBlockRow>(
    `SELECT caller, operator, state, at, blocked, calls FROM line_blocks WHERE id IN (
       SELECT max(id) FROM line_blocks GROUP BY caller, operator) ORDER BY caller, operator`,
  );
  const withRegistration = `SELECT a.*, v.body ->> '$.registration' AS registration FROM attempts AS a
    JOIN verdicts AS v ON v.id = a.verdict`;
  const byId = db.prepare<[string], LearnedAttempt>(`${withRegistration} WHERE a.id = ?`);
  const earlierTo = db.prepare<[number, number, string], LearnedAttempt>(
    `${withRegistration} WHERE a.phone = ? AND a.planned_at >= ? AND a.id <> ? AND a.disposition IS NOT NULL
     ORDER BY a.planned_at DESC LIMIT 100`,
  );
  // Ids sort by time: a walk back from the newest.
  const latest = db.prepare<[number], AttemptRow>(
    'SELECT * FROM (SELECT * FROM attempts ORDER BY id DESC LIMIT ?) WHERE disposition IS NOT NULL ORDER BY id',
  );
  return {
    suspend({ caller, operator, since, blocked, calls }: LineBlock): void {
      insert.run(phoneToInteger(caller), operator, 'suspended', since, blocked, calls, null);
    },
    resume(block: LineBlock, now: number, why: string): void {
      const { caller, operator, blocked, calls } = block;
      insert.run(phoneToInteger(caller), operator, 'resumed', now, blocked, calls, why);
    },
    /** The newest word on each pair; `resumed` ones say from when their calls count anew. */
    newest: () =>
      newest.all().map(({ caller, state, at, ...row }) => ({
        state,
        block: { ...row, caller: phoneFromInteger(caller), since: at } satisfies LineBlock,
      })),
    attempt: (id: string) => byId.get(id),
    /** Ended attempts to this number since, other than `id`, the newest first. */
    earlierTo: (phone: number, since: number, id: string) => earlierTo.all(phone, since, id),
    /** The newest ended attempts, the oldest of them first. */
    latest: (limit: number) => latest.all(limit),
  };
}
