import type { Report } from './month-check.ts';
import type { Night } from './month-drive.ts';
import type { AttemptRow, MonthRows } from './month-rows.ts';

/** A verdict of the gate on a lead that is not ALLOW. */
interface Refusal {
  readonly at: number;
  readonly phone: number;
  readonly verdict: 'DENY' | 'HOLD' | 'DEFER';
  readonly code: string;
}

/** What changed about a number or a lead, and when. */
interface Changes {
  /** By number: consents given or withdrawn. */
  readonly consents: ReadonlyMap<number, readonly number[]>;
  /** By number. */
  readonly optOuts: ReadonlyMap<number, readonly number[]>;
  readonly refusals: ReadonlyMap<number, readonly Refusal[]>;
  /** By lead: callbacks agreed. */
  readonly callbacks: ReadonlyMap<number, readonly number[]>;
  /** Of the caller number's registration. */
  readonly line: readonly number[];
}

/**
 * Compares each night's plan with its deed, lead by lead, and asks of every difference which fact changed in between.
 * Answers how many differences have which code.
 */
export function planLaws(
  month: MonthRows,
  nights: readonly Night[],
  endedAt: number,
  report: Report,
): Map<string, number> {
  const found = new Map<string, number>();
  const changes = readChanges(month);
  for (const [n, night] of nights.entries()) {
    const until = Math.min(night.until, nights[n + 1]?.at ?? endedAt);
    for (const [lead, { code, phone }] of night.planned) {
      const calls = (month.byLead.get(lead) ?? []).filter(
        ({ plannedAt }) => plannedAt > night.at && plannedAt <= until,
      );
      const [call] = calls;
      if ((code === null) === (call !== undefined)) continue;
      const span = { lead, phone, from: night.at, until };
      const why = call === undefined ? whyNot(month, changes, span) : whyYet(month, changes, span, code ?? '', call);
      if (why === null) {
        const was = code === null ? 'to be called, and was not' : `not to be called (${code}), and was`;
        report('plan', `night ${n + 1}: lead ${lead} was ${was}; nothing had changed`);
      } else {
        found.set(why, (found.get(why) ?? 0) + 1);
      }
    }
  }
  return found;
}

interface Span {
  readonly lead: number;
  /** The number it was planned for. */
  readonly phone: number;
  readonly from: number;
  readonly until: number;
}

const between = (times: readonly number[] | undefined, { from, until }: Pick<Span, 'from' | 'until'>): boolean =>
  (times ?? []).some((at) => at > from && at <= until);

/** Why a lead that was to be called was not; null: nothing explains it. */
function whyNot({ leadById, numbers, db }: MonthRows, changes: Changes, span: Span): string | null {
  const phones = numbersOf(numbers, span.lead);
  if (phones.some((phone) => between(changes.optOuts.get(phone), span))) return 'OPT_OUT_GLOBAL';
  const last = (changes.refusals.get(span.lead) ?? []).filter(({ at }) => at > span.from && at <= span.until).at(-1);
  if (last === undefined) {
    const due = dueAfter(db, span);
    // Never asked: its own time is later, or all calls went to others.
    return due === null ? null : due > span.until ? 'REDIAL_LATER' : 'REDIAL_NO_TURN';
  }
  const { code, verdict } = last;
  if (verdict === 'DEFER') return code;
  if (code.startsWith('CONSENT_') && phones.some((one) => between(changes.consents.get(one), span))) return code;
  if (code.startsWith('MAV_') && between(changes.line, span)) return code;
  return leadById.get(span.lead)?.state === 'held' && code === 'MAV_REFUSAL_SUSPECTED' ? code : null;
}

/** Why a lead that was not to be called was; null: nothing explains it. */
function whyYet({ numbers }: MonthRows, changes: Changes, span: Span, code: string, call: AttemptRow): string | null {
  const before = { ...span, until: call.plannedAt };
  if (call.callback !== null || code === 'REDIAL_PROMISED') return 'REDIAL_CALLBACK';
  if (code === 'REDIAL_LIVE') return code;
  const phones = numbersOf(numbers, span.lead);
  if (code.startsWith('CONSENT_') && phones.some((phone) => between(changes.consents.get(phone), before))) {
    return 'REDIAL_MENDED';
  }
  if (code.startsWith('MAV_') && between(changes.line, before)) return 'REDIAL_MENDED';
  // A callback was agreed and lapsed: the lead went by its rules again.
  return between(changes.callbacks.get(span.lead), before) ? 'REDIAL_CALLBACK' : null;
}

const known = new WeakMap<MonthRows['numbers'], Map<number, number[]>>();

function numbersOf(numbers: MonthRows['numbers'], lead: number): readonly number[] {
  let byLead = known.get(numbers);
  if (byLead === undefined) {
    byLead = new Map();
    for (const { lead: of, phone } of numbers) byLead.set(of, [...(byLead.get(of) ?? []), phone]);
    known.set(numbers, byLead);
  }
  return byLead.get(lead) ?? [];
}

/** When the lead was due in the end, by its journal up to then; `from` when it was free to be called; null: it was over. */
function dueAfter(db: MonthRows['db'], { lead, from, until }: Span): number | null {
  const last = db
    .prepare<
      [string, number],
      { to: string; at: number }
    >(`SELECT "to", at FROM journal WHERE subject = 'lead' AND id_of = ? AND at <= ? AND "to" IS NOT NULL ORDER BY id DESC LIMIT 1`)
    .get(String(lead), until);
  const state = last?.to ?? 'callable';
  if (state === 'callable') return from;
  if (state === 'promised') return until + 1;
  if (state !== 'waiting') return null;
  // A lead that waits and was not asked again has still the time it had then, unless it moved since.
  const later = db.prepare<[number], number | null>('SELECT next_at FROM leads WHERE id = ?').pluck().get(lead);
  return later ?? until + 1;
}

function readChanges({ db }: MonthRows): Changes {
  const times = (sql: string): Map<number, number[]> => {
    const rows = db.prepare<[], { key: number; at: number }>(sql).all();
    const found = new Map<number, number[]>();
    for (const { key, at } of rows) {
      const of = found.get(key);
      if (of === undefined) found.set(key, [at]);
      else of.push(at);
    }
    return found;
  };
  const refusals = db
    .prepare<
      [],
      Refusal & { lead: number }
    >(`SELECT lead, at, phone, verdict, code FROM verdicts WHERE verdict <> 'ALLOW' ORDER BY id`)
    .all();
  return {
    consents: times('SELECT phone AS key, created_at AS at FROM consents'),
    optOuts: times('SELECT o.phone AS key, a.at FROM opt_outs AS o JOIN opt_out_acts AS a ON a.id = o.act'),
    refusals: Map.groupBy(refusals, ({ lead }) => lead),
    callbacks: times('SELECT lead AS key, created_at AS at FROM callbacks'),
    line: db.prepare<[], number>('SELECT created_at FROM registrations').pluck().all(),
  };
}
