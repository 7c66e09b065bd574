import type { RedialCode } from '../../core/redial.ts';
import type { BaseAnswers } from './ask.ts';
import { FINAL, isPutBack } from './choice.ts';
import type { LeadGroup } from './leads.ts';

const HOUR_MS = 3_600_000;
const QUARTER_MS = 900_000;
/** Leads named for each code, and at the head of each segment's queue. */
export const NAMED = 100;

/** A lead in the order of dialing. */
export interface HeadLead {
  readonly lead: number;
  readonly phone: number;
  /** When it may be called. */
  readonly from: number;
  /** When it was due by itself; null: it is not on its way. */
  readonly dueAt: number | null;
  readonly priority: number;
  readonly segment: number;
}

/** Leads to be called that are alike to a simulation. */
export interface CallGroup {
  /** Charged before. */
  readonly attempts: number;
  /** By quarters of an hour, epoch ms; never early. */
  readonly from: number;
  readonly zones: readonly string[];
  readonly leads: number;
}

/** Leads of one code, the first of them by id. */
export interface CodeCount {
  readonly code: string;
  readonly leads: number;
  readonly first: readonly { readonly lead: number; readonly phone: number }[];
}

/** A plan against the one before. */
export interface BaseChange {
  readonly joined: number;
  readonly left: number;
  readonly added: number;
  readonly codes: readonly { readonly code: string; readonly then: number; readonly now: number }[];
}

/** What the answers about a base come to. */
export interface BaseSummary {
  readonly leads: number;
  /** May be called at once. */
  readonly ready: number;
  /** The gate allows them, and their own time is still to come. */
  readonly due: number;
  /** The gate itself names the time they may be called, before the end asked about. */
  readonly deferred: number;
  /** Those of which that is not so; DEFER codes too when it comes too late. */
  readonly codes: readonly CodeCount[];
  /** When those come due that only have to wait, by hours (epoch ms of the hour's begin). */
  readonly hours: readonly { readonly hour: number; readonly leads: number }[];
  readonly heads: readonly HeadLead[];
  readonly groups: readonly CallGroup[];
  /** Leads that are not final, by the id of their segment. */
  readonly open: ReadonlyMap<number, number>;
  /** null: there was no plan before. */
  readonly change: BaseChange | null;
}

/** Why a lead waits that no rule stops. */
export const LATER = 'REDIAL_LATER' satisfies RedialCode;

/** Who comes first: who may be called earlier, then who is due again before who was never tried, then by priority. */
export function inTurn(a: HeadLead, b: HeadLead): number {
  return (
    a.from - b.from ||
    Number(a.dueAt === null) - Number(b.dueAt === null) ||
    (a.dueAt ?? 0) - (b.dueAt ?? 0) ||
    b.priority - a.priority ||
    a.lead - b.lead
  );
}

/** Counts the answers; a lead is called when it may be before `until`. */
export function summarize(
  answers: BaseAnswers,
  { now, until, compare }: { readonly now: number; readonly until: number; readonly compare: boolean },
): BaseSummary {
  const { ids, phones, dueAt, group, groups, code, from, place, places, codes } = answers;
  const counts = { leads: ids.length, ready: 0, due: 0, deferred: 0 };
  const byCode = new Map<string, { leads: number; first: { lead: number; phone: number }[] }>();
  const hours = new Map<number, number>();
  const alike = new Map<number, Map<number, number>>();
  const heads = createHeads();
  const change = createChange();
  const alikeByRow = new Int32Array(groups.length);
  for (let slot = 0; slot < ids.length; slot += 1) {
    const lead = ids[slot] as number;
    const row = group[slot] as number;
    const its = groups[row] as LeadGroup;
    alikeByRow[row] = (alikeByRow[row] as number) + 1;
    const at = from[slot] as number;
    const named = codes[code[slot] as number] as string;
    const called = at < until;
    const why = called ? '' : named === '' ? LATER : named;
    if (compare) change.see(its.before, why);
    if (at > now) add(hours, Math.floor(at / HOUR_MS) * HOUR_MS);
    if (!called) {
      let counted = byCode.get(why);
      if (counted === undefined) byCode.set(why, (counted = { leads: 0, first: [] }));
      counted.leads += 1;
      if (counted.first.length < NAMED) counted.first.push({ lead, phone: phones[slot] as number });
      continue;
    }
    if (named !== '') counts.deferred += 1;
    else if (at > now) counts.due += 1;
    else counts.ready += 1;
    const due = dueAt[slot] as number;
    heads.see(at, its, due, lead, phones[slot] as number);
    const key = (place[slot] as number) * 1_000 + Math.min(999, isPutBack(its) ? 0 : its.attempts);
    let quarters = alike.get(key);
    if (quarters === undefined) alike.set(key, (quarters = new Map<number, number>()));
    add(quarters, at <= now ? now : Math.ceil(at / QUARTER_MS) * QUARTER_MS);
  }
  const found = [...alike].flatMap(([key, quarters]) =>
    [...quarters].map(
      ([quarter, leads]): CallGroup => ({
        attempts: key % 1_000,
        from: quarter,
        zones: places[Math.floor(key / 1_000)] ?? [],
        leads,
      }),
    ),
  );
  return {
    ...counts,
    codes: [...byCode].map(([name, counted]) => ({ code: name, ...counted })),
    hours: [...hours].map(([hour, leads]) => ({ hour, leads })),
    heads: heads.all(),
    groups: found,
    open: bySegment(groups, alikeByRow),
    change: compare ? change.result() : null,
  };
}

function bySegment(groups: readonly LeadGroup[], leads: Int32Array): Map<number, number> {
  const open = new Map<number, number>();
  for (const [row, count] of leads.entries()) {
    const { state, segment } = groups[row] as LeadGroup;
    if (!FINAL.has(state)) add(open, segment, count);
  }
  return open;
}

function add(counts: Map<number, number>, key: number, more = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}

/** The first of each segment; only who comes before the last of them is put among them. */
function createHeads() {
  const bySegment = new Map<number, HeadLead[]>();
  return {
    see(from: number, its: LeadGroup, due: number, lead: number, phone: number): void {
      const { priority } = its;
      const segment = isPutBack(its) ? its.anew : its.segment;
      let heads = bySegment.get(segment);
      if (heads === undefined) bySegment.set(segment, (heads = []));
      const last = heads[NAMED - 1];
      if (last !== undefined && from > last.from) return;
      const one = { lead, phone, from, dueAt: Number.isNaN(due) ? null : due, priority, segment };
      if (last !== undefined && inTurn(last, one) < 0) return;
      let place = heads.length;
      while (place > 0 && inTurn(one, heads[place - 1] as HeadLead) < 0) place -= 1;
      heads.splice(place, 0, one);
      if (heads.length > NAMED) heads.pop();
    },
    all: (): HeadLead[] => [...bySegment.values()].flat().sort(inTurn),
  };
}

function createChange() {
  const counts = { joined: 0, left: 0, added: 0 };
  const codes = new Map<string, { then: number; now: number }>();
  const count = (code: string, when: 'then' | 'now'): void => {
    if (code === '') return;
    let known = codes.get(code);
    if (known === undefined) codes.set(code, (known = { then: 0, now: 0 }));
    known[when] += 1;
  };
  return {
    see(before: string | null, why: string): void {
      if (before === null) counts.added += 1;
      else {
        count(before, 'then');
        if (before === '' && why !== '') counts.left += 1;
        if (before !== '' && why === '') counts.joined += 1;
      }
      count(why, 'now');
    },
    result: (): BaseChange => ({ ...counts, codes: [...codes].map(([code, seen]) => ({ code, ...seen })) }),
  };
}

/** What two parts of a base come to together. */
export function together(parts: readonly BaseSummary[]): BaseSummary {
  const sum = (of: (part: BaseSummary) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const codes = new Map<string, CodeCount>();
  const hours = new Map<number, number>();
  const open = new Map<number, number>();
  for (const part of parts) {
    for (const one of part.codes) {
      const known = codes.get(one.code);
      const first = [...(known?.first ?? []), ...one.first].sort((a, b) => a.lead - b.lead).slice(0, NAMED);
      codes.set(one.code, { code: one.code, leads: (known?.leads ?? 0) + one.leads, first });
    }
    for (const { hour, leads } of part.hours) add(hours, hour, leads);
    for (const [segment, leads] of part.open) add(open, segment, leads);
  }
  return {
    leads: sum(({ leads }) => leads),
    ready: sum(({ ready }) => ready),
    due: sum(({ due }) => due),
    deferred: sum(({ deferred }) => deferred),
    codes: [...codes.values()].sort((a, b) => b.leads - a.leads),
    hours: [...hours].map(([hour, leads]) => ({ hour, leads })).sort((a, b) => a.hour - b.hour),
    heads: parts.flatMap(({ heads }) => heads).sort(inTurn),
    groups: parts.flatMap(({ groups }) => groups),
    open,
    change: changes(parts.flatMap(({ change }) => change ?? [])),
  };
}

function changes(parts: readonly BaseChange[]): BaseChange | null {
  if (parts.length === 0) return null;
  const codes = new Map<string, { then: number; now: number }>();
  for (const { code, then, now } of parts.flatMap((part) => part.codes)) {
    const known = codes.get(code) ?? { then: 0, now: 0 };
    codes.set(code, { then: known.then + then, now: known.now + now });
  }
  const sum = (of: (part: BaseChange) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    joined: sum(({ joined }) => joined),
    left: sum(({ left }) => left),
    added: sum(({ added }) => added),
    codes: [...codes].map(([code, seen]) => ({ code, ...seen })).filter(({ then, now }) => then !== now),
  };
}
