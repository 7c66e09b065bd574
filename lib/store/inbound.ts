import type { AttemptId } from '../core/attempt.ts';
import type { CallerState, InboundId, TalkId } from '../core/caller.ts';
import { phoneToInteger, type Phone } from '../core/phone.ts';
import type { Db } from './open.ts';

export interface InboundRow {
  readonly id: InboundId;
  /** The PBX's own id of his channel. */
  readonly channel: string;
  readonly campaign: number;
  /** Null: he hides his number. */
  readonly lead: number | null;
  readonly phone: number | null;
  readonly state: CallerState;
  readonly agent: string | null;
  readonly arrived_at: number;
  readonly bridged_at: number | null;
  readonly opted_out_at: number | null;
  readonly ended_at: number | null;
}

/** What a result needs to know of the call it is about, whoever called whom. */
export interface TalkRow extends Pick<InboundRow, 'campaign' | 'agent' | 'bridged_at'> {
  readonly id: TalkId;
  readonly lead: number;
  readonly phone: number;
  readonly planned_at: number;
}

export interface NewInbound {
  readonly channel: string;
  readonly campaign: number;
  readonly lead: number | null;
  readonly phone: Phone | null;
  readonly line: Phone;
}

/** What a move may change besides the state. */
export type InboundPatch = Partial<Pick<InboundRow, 'agent' | 'bridged_at' | 'opted_out_at' | 'ended_at'>>;

/** Calls of people who called a number of ours: no attempts, so no cap and no rate counts them. */
export function createInbound(db: Db, newAttemptId: (now: number) => AttemptId) {
  const byId = db.prepare<[string], InboundRow>('SELECT * FROM inbound_calls WHERE id = ?');
  const live = db.prepare<[], InboundRow>('SELECT * FROM inbound_calls WHERE ended_at IS NULL ORDER BY id');
  const ofPhone = db.prepare<[number, number], InboundRow>(
    'SELECT * FROM inbound_calls WHERE phone = ? ORDER BY id DESC LIMIT ?',
  );
  const insert = db.prepare(
    `INSERT INTO inbound_calls (id, channel, campaign, lead, phone, line, state, arrived_at)
     VALUES (@id, @channel, @campaign, @lead, @phone, @line, 'arrived', @now)`,
  );
  const move = db.prepare(
    `UPDATE inbound_calls SET state = @state, agent = coalesce(@agent, agent), bridged_at = coalesce(@bridged_at, bridged_at),
       opted_out_at = coalesce(@opted_out_at, opted_out_at), ended_at = @ended_at
     WHERE id = @id AND ended_at IS NULL`,
  );
  return {
    byId: (id: string) => byId.get(id),
    /** As the row of a talk; undefined: there is no such call, or he hides his number. */
    talk(id: string): TalkRow | undefined {
      const row = byId.get(id);
      if (row === undefined || row.lead === null || row.phone === null) return undefined;
      return { ...row, lead: row.lead, phone: row.phone, planned_at: row.arrived_at };
    },
    /** Those not over, the oldest first. */
    live: () => live.all(),
    /** The last calls from this number, the newest first. */
    ofPhone: (phone: Phone, limit: number) => ofPhone.all(phoneToInteger(phone), limit),
    insert({ phone, line, ...call }: NewInbound, now: number): InboundId {
      const id = newAttemptId(now).replace(/^at-/, 'in-') as InboundId;
      const numbers = { phone: phone === null ? null : phoneToInteger(phone), line: phoneToInteger(line) };
      insert.run({ ...call, ...numbers, id, now });
      return id;
    },
    /** Moves a call; throws when it is over. */
    setState(id: InboundId, state: CallerState, patch: InboundPatch): void {
      const none = { agent: null, bridged_at: null, opted_out_at: null, ended_at: null };
      if (move.run({ ...none, ...patch, id, state }).changes !== 1) throw new Error(`inbound call ${id} is over`);
    },
  };
}
