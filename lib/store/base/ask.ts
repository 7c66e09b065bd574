import type { Answer } from '../../core/gate.ts';
import { decideAlike, type Alike } from '../../core/gate.ts';
import type { LeadState } from '../../core/lead.ts';
import type { Policy } from '../../core/policy.ts';
import { CODE_LIST, CODES, type Code } from '../../core/verdict.ts';
import { createFactReader, type GateCampaign } from '../facts.ts';
import { byDebtor, dryMoment } from '../gate-rehearsal.ts';
import type { KeyedHash } from '../keyed-hash.ts';
import type { Db } from '../open.ts';
import { createRegisters } from '../registers.ts';
import { createPhoneIndex, createSignatures, eachPage, inPart, type Part, type PhoneIndex } from './columns.ts';
import { addConsents } from './consents.ts';
import { eachBound, NO_HISTORY } from './history.ts';
import { createPlaces } from './places.ts';
import { addRegisters, createRegisterScan, reassignments } from './registers.ts';

/** The gate asked about a whole base at one moment, as if an agent were free for each call. */
export interface BaseQuestion {
  readonly campaign: GateCampaign;
  readonly policy: Policy;
  readonly now: number;
}

/** Leads alike by what their rows say. */
export interface LeadGroup {
  readonly state: LeadState;
  readonly reason: string | null;
  readonly zone: string | null;
  readonly region: string | null;
}

/** The gate's answers lead by lead, in columns: a million of them take 30 MB. */
export interface BaseAnswers {
  readonly ids: Float64Array;
  /** The number asked about. */
  readonly phones: Float64Array;
  /** When a waiting lead is due; NaN of the others. */
  readonly dueAt: Float64Array;
  readonly groups: readonly LeadGroup[];
  /** Index in `groups`. */
  readonly group: Int32Array;
  /** 0: it may be called; else the primary code's place in the vocabulary, from 1. */
  readonly code: Uint8Array;
  /**
   * When it may be called: now, or when it is due and the gate opens; NaN when more than time is needed. Of a lead that is
   * not waiting it is the verdict's `notBefore`.
   */
  readonly from: Float64Array;
  /** Into how many classes the base fell: each was asked once. */
  readonly classes: number;
}

const ERASED = CODE_LIST.indexOf('OPT_OUT_ERASED') + 1;

/** The code an answer has; null: it may be called. */
export function codeNamed(code: number): Code | null {
  return code === 0 ? null : (CODE_LIST[code - 1] ?? null);
}

/**
 * Asks the gate about every lead of a part of a base. Registers are read through, each once; leads of which they say the
 * same are one class, and the facts of its first lead are read and decided as those of any call. Only the history of
 * past calls is held against each lead whose calls are too recent.
 */
export function askBase(db: Db, keyed: KeyedHash, { campaign, policy, now }: BaseQuestion, part: Part): BaseAnswers {
  const registers = createRegisters(db);
  const leads = readLeads(db, campaign, part);
  const { phones, ids, dueAt, group, groups, size, index } = leads;
  const signatures = createSignatures(size);
  const { of } = signatures;

  const places = createPlaces(db, signatures, campaign, policy, registers.registrations);
  const own = groups.map(({ zone, region }) => places.ownPlace(zone, region));
  for (let slot = 0; slot < size; slot += 1) {
    const place = own[group[slot] as number] as (typeof own)[number];
    signatures.add(slot, place.feature);
    const phone = phones[slot] as number;
    if (phone > 0) places.addNumber(slot, phone, place.known);
  }
  const scan = createRegisterScan(db, { campaign: campaign.id, part, index, leads: size });
  addRegisters(scan, signatures, campaign);
  addConsents(scan, signatures, policy, now, reassignments(scan));
  addErased(db, keyed, signatures, phones);
  addInFlight(db, signatures, leads, campaign, byDebtor(policy, campaign));

  const code = new Uint8Array(size);
  const from = new Float64Array(size);
  const moment = dryMoment(policy, campaign, now);
  const factsFor = createFactReader(db, registers, keyed);
  const evidence = db.prepare<[number], { zone: string | null; region: string | null; person: string | null }>(
    'SELECT zone, region, person FROM leads WHERE id = ?',
  );
  const classes = new Map<number, { readonly alike: Alike; readonly answer: Answer }>();
  const classOf = (slot: number) => {
    const signature = of[slot] as number;
    let known = classes.get(signature);
    if (known === undefined) {
      const row = evidence.get(ids[slot] as number) ?? { zone: null, region: null, person: null };
      const alike = decideAlike(factsFor(campaign, { ...row, phone: phones[slot] as number }, moment), policy, now);
      classes.set(signature, (known = { alike, answer: alike.answer(NO_HISTORY) }));
    }
    return known;
  };
  const tell = (slot: number, alike: Alike, { primary, verdict, notBefore }: Answer): void => {
    code[slot] = primary === null ? 0 : CODE_LIST.indexOf(primary) + 1;
    const gate = verdict === 'ALLOW' ? now : verdict === 'DEFER' ? (notBefore ?? now) : NaN;
    const due = dueAt[slot] as number;
    from[slot] = due > gate ? alike.opens(due) : gate;
  };
  for (let slot = 0; slot < size; slot += 1) {
    if ((phones[slot] as number) < 0) {
      code[slot] = ERASED;
      from[slot] = NaN;
      continue;
    }
    const { alike, answer } = classOf(slot);
    tell(slot, alike, answer);
  }
  eachBound(db, campaign, policy, now, { part, index, slotOfLead: leads.slotOf }, (slot, history) => {
    const { alike } = classOf(slot);
    tell(slot, alike, alike.answer(history));
  });
  return { ids, phones, dueAt, group, groups, code, from, classes: classes.size };
}

/** The severity of a code, ALLOW of none. */
export function verdictOf(code: number): Answer['verdict'] {
  const named = codeNamed(code);
  return named === null ? 'ALLOW' : CODES[named].severity;
}

interface Leads {
  readonly size: number;
  readonly ids: Float64Array;
  readonly phones: Float64Array;
  readonly dueAt: Float64Array;
  readonly group: Int32Array;
  readonly groups: readonly LeadGroup[];
  readonly index: PhoneIndex;
  slotOf(id: number): number;
}

/** Cannot be part of a value: a file's control characters are turned away. */
const BETWEEN = '\u001f';

function readLeads(db: Db, { id: campaign }: GateCampaign, part: Part): Leads {
  const where = `campaign = ${campaign} AND ${inPart(part, 'phone')}`;
  const size = db.prepare<[], number>(`SELECT count(*) FROM leads WHERE ${where}`).pluck().get() ?? 0;
  const ids = new Float64Array(size);
  const phones = new Float64Array(size);
  const dueAt = new Float64Array(size);
  const group = new Int32Array(size);
  const groups: LeadGroup[] = [];
  const known = new Map<string, number>();
  const index = createPhoneIndex(size);
  // One text for all that tells groups apart: each column more would cost as much as the row.
  const said = ['state', 'reason', 'zone', 'region']
    .map((column) => `coalesce(${column}, '')`)
    .join(` || char(31) || `);
  let slot = 0;
  eachPage(db, `SELECT id, phone, next_at, ${said} FROM leads WHERE ${where}`, 'id', ([id, phone, due, text]) => {
    ids[slot] = id as number;
    phones[slot] = phone as number;
    dueAt[slot] = (due as number | null) ?? NaN;
    let found = known.get(text as string);
    if (found === undefined) {
      known.set(text as string, (found = groups.length));
      const [state, reason, zone, region] = (text as string)
        .split(BETWEEN)
        .map((value) => (value === '' ? null : value));
      groups.push({ state: state as LeadState, reason: reason ?? null, zone: zone ?? null, region: region ?? null });
    }
    group[slot] = found;
    index.add(phone as number, slot);
    slot += 1;
  });
  return { size, ids, phones, dueAt, group, groups, index, slotOf: (id) => slotIn(ids, id) };
}

/** Ids go up; -1: not there. */
function slotIn(ids: Float64Array, id: number): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return ids[low] === id ? low : -1;
}

function addErased(
  db: Db,
  keyed: KeyedHash,
  { add, feature }: ReturnType<typeof createSignatures>,
  phones: Float64Array,
): void {
  const erased = new Map(db.prepare<[], [number, string]>('SELECT pseudonym, subject FROM erasures').raw().all());
  if (erased.size === 0) return;
  for (const [slot, phone] of phones.entries()) {
    if (phone > 0 && erased.get(keyed.pseudonym(phone)) === keyed.subject(phone)) add(slot, feature('erased'));
  }
}

function addInFlight(
  db: Db,
  { add, feature }: ReturnType<typeof createSignatures>,
  { index, slotOf }: Pick<Leads, 'index' | 'slotOf'>,
  campaign: GateCampaign,
  debtors: boolean,
): void {
  const busy = new Set<number>();
  for (const phone of db.prepare<[], number>('SELECT phone FROM attempts WHERE disposition IS NULL').pluck().all()) {
    busy.add(index.slotOf(phone));
  }
  if (debtors) {
    const leads = db.prepare<[number, string], number>(
      `SELECT l.id FROM attempts AS a JOIN campaigns AS c ON c.id = a.campaign JOIN leads AS l ON l.person = a.person
       WHERE a.disposition IS NULL AND l.campaign = ? AND c.spec ->> '$.entity.inn' = ?`,
    );
    for (const id of leads.pluck().all(campaign.id, campaign.entity)) busy.add(slotOf(id));
  }
  busy.delete(-1);
  for (const slot of busy) add(slot, feature('in flight'));
}
