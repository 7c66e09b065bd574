import { UNKNOWN_OPERATOR } from '../core/blocked.ts';
import { listed } from '../core/charges.ts';
import type { CampaignState, DialMode, Purpose } from '../core/campaign.ts';
import type { Ceiling } from '../core/guard/ceilings.ts';
import type { PrefixRules } from '../core/guard/prefixes.ts';
import type { DebtorFact, DncFact, GateFacts, HistoryFact, PersonalDataBasis, RefusalFact } from '../core/facts.ts';
import type { Disposition } from '../core/outcome.ts';
import { phoneFromInteger, phoneToInteger, type ParsedPhone, type Phone } from '../core/phone.ts';
import type { Abandonment } from './abandonment.ts';
import type { KeyedHash } from './keyed-hash.ts';
import type { LeadRow } from './leads.ts';
import type { Db } from './open.ts';
import { createRangeReader } from './ranges.ts';
import { createUsage } from './usage.ts';
import type { Registers } from './registers.ts';

/** What the gate needs of a campaign, besides what the database itself knows of it. */
export interface GateCampaign {
  readonly id: number;
  readonly state: CampaignState;
  readonly purpose: Purpose | null;
  readonly mode: DialMode;
  readonly entity: string;
  readonly personalData: PersonalDataBasis | null;
  readonly caller: Phone | null;
  readonly maxAttemptsPerDay: number | null;
  readonly maxAttemptsPerWeek: number | null;
  /** Charged to a lead in a pass; a lead that had as many is spent when it is asked about. */
  readonly maxAttemptsPerLead: number;
  /** In a pass; the gate leaves a number for the lead's next one, and never goes over this. */
  readonly maxAttemptsPerNumber: number | null;
  readonly minIntervalMs: number | null;
  readonly hours: { readonly fromMin: number; readonly toMin: number } | null;
  readonly dial: PrefixRules;
  /** Of its trunk and its own; those that limit nothing are left out. */
  readonly ceilings: readonly Ceiling[];
}

/** What the asker knows and the database does not. */
export interface GateMoment {
  readonly now: number;
  /** When the wall clock last jumped; null: not lately. */
  readonly clockJumpedAt: number | null;
  /** A free agent waits for this very call. */
  readonly covered: boolean;
  /** The campaign's calls over the policy's window. */
  readonly abandonment: Abandonment;
  /** The policy counts calls by debtor, not by number. */
  readonly byDebtor: boolean;
}

/** The lead the gate is asked about; `explain` asks about numbers that are no leads. */
export type GateLead = Pick<LeadRow, 'phone' | 'zone' | 'region' | 'person'> & { readonly id: number | null };

const DAY_MS = 86_400_000;
/** A call answered inside a window may have been placed before it. */
export const LONGEST_RING_MS = 3_600_000;
/** Older calls say nothing any more. */
export const HISTORY_MS = 31 * DAY_MS + LONGEST_RING_MS;
/** In a query over attempts: those that left our own side; the others are no calls to the person. One not over is. */
export const PLACED = `(disposition IS NULL OR disposition NOT IN (${listed('frequency', false)}))`;
/** In a query over attempts: when the person answered, null when he did not; of whom nobody knows, he may have. */
export const ANSWERED_AT = `coalesce(answered_at, iif(disposition IN (${listed('answered', true)}), planned_at, NULL))`;

interface PastCall {
  readonly planned_at: number;
  /** As `ANSWERED_AT` has it. */
  readonly answered_at: number | null;
  readonly disposition: Disposition | null;
}

/** Reads the gate's facts; called inside the transaction that writes the verdict. */
export function createFactReader(
  db: Db,
  registers: Pick<Registers, 'consents' | 'optOuts' | 'registrations' | 'refusals'>,
  keyed: KeyedHash,
) {
  const value = <T>(sql: string) => db.prepare<unknown[], T>(sql).pluck();
  const inFlight = value<number>('SELECT 1 FROM attempts WHERE phone = ? AND disposition IS NULL');
  const callsUs = value<number>('SELECT 1 FROM inbound_calls WHERE phone = ? AND ended_at IS NULL');
  const debtorInFlight = value<number>(
    `SELECT 1 FROM attempts JOIN campaigns AS c ON c.id = campaign WHERE person = ? AND disposition IS NULL
       AND c.spec ->> '$.entity.inn' = ?`,
  );
  const call = `SELECT planned_at, ${ANSWERED_AT} AS answered_at, disposition`;
  const toNumber = db.prepare<[number, number], PastCall>(
    `${call} FROM attempts WHERE phone = ? AND planned_at > ? AND ${PLACED} ORDER BY planned_at`,
  );
  const toDebtor = db.prepare<[number, string, string, number], PastCall>(
    `${call} FROM attempts AS a WHERE (phone = ? OR (person = ?
       AND (SELECT spec ->> '$.entity.inn' FROM campaigns WHERE id = a.campaign) = ?)) AND planned_at > ? AND ${PLACED}`,
  );
  const otherNumbers = value<number>('SELECT phone FROM lead_numbers WHERE lead = ? AND phone <> ?');
  const lastRecordedAt = value<number>(
    `SELECT coalesce((SELECT at FROM verdicts WHERE id = h.id), (SELECT at FROM audit WHERE id = h.id))
     FROM ledger_head AS h WHERE one = 1`,
  );
  const erasure = db.prepare<[number], { subject: string; at: number }>(
    'SELECT subject, at FROM erasures WHERE pseudonym = ?',
  );
  const ranges = createRangeReader(db);
  const usage = createUsage(db);
  const dncLists = db.prepare<[number], { registry: string; takenAt: number; listed: number }>(
    `SELECT registry, taken_at AS takenAt, EXISTS (SELECT 1 FROM dnc_numbers WHERE phone = ? AND list = l.id) AS listed
     FROM dnc_lists AS l WHERE state = 'active' ORDER BY registry`,
  );
  const stopDemand = value<number>(
    `SELECT received_at FROM demands AS d WHERE phone = ? AND kind IN ('stop', 'erase') AND state <> 'withdrawn'
       AND NOT EXISTS (SELECT 1 FROM demands WHERE phone = d.phone AND kind = d.kind AND id > d.id) ORDER BY id LIMIT 1`,
  );
  const reassignedAt = value<number | null>(
    `SELECT max(at) FROM reassignments AS r WHERE phone = ? AND state = 'passed' AND NOT EXISTS (
       SELECT 1 FROM reassignments WHERE phone = r.phone AND at = r.at AND id > r.id)`,
  );
  const debtorFlags = db.prepare<[number], DebtorFact>(
    `SELECT flag, entity, since FROM debtor_flags AS f WHERE phone = ? AND state = 'set' AND NOT EXISTS (
       SELECT 1 FROM debtor_flags WHERE phone = f.phone AND entity = f.entity AND flag = f.flag AND id > f.id)
     ORDER BY id`,
  );
  const lineBlock = db.prepare<[number, string], { state: string; since: number; blocked: number; calls: number }>(
    `SELECT state, at AS since, blocked, calls FROM line_blocks WHERE caller = ? AND operator = ?
     ORDER BY id DESC LIMIT 1`,
  );

  function historyOf(lead: GateLead, entity: string, moment: GateMoment): HistoryFact {
    const { now } = moment;
    const since = now - HISTORY_MS;
    const rows =
      moment.byDebtor && lead.person !== null
        ? toDebtor.all(lead.phone, lead.person, entity, since).sort((a, b) => a.planned_at - b.planned_at)
        : toNumber.all(lead.phone, since);
    const within = (times: readonly number[], days: number) => times.filter((at) => at > now - days * DAY_MS);
    const tried = rows.map((row) => row.planned_at);
    // A debtor's calls may overlap: the first planned is not always the first answered.
    const answered = rows.flatMap((row) => row.answered_at ?? []).sort((a, b) => a - b);
    const abandoned = rows.filter((row) => row.disposition === 'abandoned').map((row) => row.planned_at);
    const [tried24h, tried7d] = [within(tried, 1), within(tried, 7)];
    const [day, week, month] = [within(answered, 1), within(answered, 7), within(answered, 31)];
    return {
      lastAttemptAt: tried.at(-1) ?? null,
      attempts24h: tried24h.length,
      oldestAttempt24hAt: tried24h[0] ?? null,
      attempts7d: tried7d.length,
      oldestAttempt7dAt: tried7d[0] ?? null,
      answered24h: day.length,
      answered7d: week.length,
      answered31d: month.length,
      oldestAnswered24hAt: day[0] ?? null,
      oldestAnswered7dAt: week[0] ?? null,
      oldestAnswered31dAt: month[0] ?? null,
      lastAbandonedAt: abandoned.at(-1) ?? null,
    };
  }

  function lineBlockOf(caller: Phone, found: GateFacts['range']): GateFacts['lineBlock'] {
    const row = lineBlock.get(phoneToInteger(caller), operatorOf(found) ?? UNKNOWN_OPERATOR);
    return row?.state === 'suspended' ? { since: row.since, blocked: row.blocked, calls: row.calls } : null;
  }

  function erasedAt(phone: number): number | undefined {
    const row = erasure.get(keyed.pseudonym(phone));
    return row !== undefined && row.subject === keyed.subject(phone) ? row.at : undefined;
  }

  /** What the person said himself holds for all his numbers, whichever he said it of. */
  function saidBy(lead: GateLead): Pick<GateFacts, 'optOuts' | 'erasedAt' | 'stopDemandedAt'> {
    const others = lead.id === null ? [] : otherNumbers.all(lead.id, lead.phone).filter((phone) => phone > 0);
    const phones = [lead.phone, ...others];
    const firstOf = (read: (phone: number) => number | undefined): number | null => {
      for (const phone of phones) {
        const at = read(phone);
        if (at !== undefined) return at;
      }
      return null;
    };
    return {
      optOuts: phones.flatMap((phone) => registers.optOuts.of(phoneFromInteger(phone))),
      erasedAt: firstOf(erasedAt),
      stopDemandedAt: firstOf((phone) => stopDemand.get(phone)),
    };
  }

  /** What is recorded counts as checked that day, unless it says when it was. */
  function linesOf(caller: Phone): GateFacts['registrations'] {
    return registers.registrations
      .ofCaller(caller)
      .map((row) => ({ ...row, verifiedAt: row.verifiedAt ?? row.createdAt }));
  }

  return function factsFor(campaign: GateCampaign, lead: GateLead, moment: GateMoment): GateFacts {
    const phone = phoneFromInteger(lead.phone);
    const number: ParsedPhone = { ok: true, phone };
    const found = ranges.factOf(lead.phone);
    const { caller } = campaign;
    const busy =
      inFlight.get(lead.phone) !== undefined ||
      callsUs.get(lead.phone) !== undefined ||
      (moment.byDebtor && lead.person !== null && debtorInFlight.get(lead.person, campaign.entity) !== undefined);
    return {
      campaign: { ...campaign, covered: moment.covered, abandonment: moment.abandonment },
      lead: { number, zone: lead.zone, region: lead.region },
      dial: campaign.dial,
      ceilings: usage.of(campaign.ceilings, campaign.id, moment.now),
      clock: { lastRecordedAt: lastRecordedAt.get() ?? null, jumpedAt: moment.clockJumpedAt },
      caller,
      range: found,
      inFlight: busy,
      ...saidBy(lead),
      dncLists: dncLists.all(lead.phone).map((row): DncFact => ({ ...row, listed: row.listed === 1 })),
      consents: registers.consents.of(phone),
      reassignedAt: reassignedAt.get(lead.phone) ?? null,
      registrations: caller === null ? [] : linesOf(caller),
      lineBlock: caller === null ? null : lineBlockOf(caller, found),
      refusal: registers.refusals.of(phone) satisfies RefusalFact | null,
      debtorFlags: debtorFlags.all(lead.phone),
      history: historyOf(lead, campaign.entity, moment),
    };
  };
}

/** The called operator as registrations and the ledger name it; null when no register tells. */
export function operatorOf(range: GateFacts['range']): string | null {
  return range === null || range === 'unallocated' ? null : range.operator.inn || range.operator.name;
}
