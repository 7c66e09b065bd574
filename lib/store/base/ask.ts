import type { Answer } from '../../core/gate.ts';
import { decideAlike, type Alike } from '../../core/gate.ts';
import type { Policy } from '../../core/policy.ts';
import { numberRefusal } from '../../core/gate/of-number.ts';
import { CODE_LIST, CODES } from '../../core/verdict.ts';
import { createFactReader, type GateCampaign } from '../facts.ts';
import { byDebtor, dryMoment } from '../gate-rehearsal.ts';
import type { KeyedHash } from '../keyed-hash.ts';
import type { Db } from '../open.ts';
import { createRegisters } from '../registers.ts';
import { createChooser } from './choice.ts';
import { createPhoneIndex, createSignatures, keepRenumbered, type Part, type PhoneIndex } from './columns.ts';
import { addConsents } from './consents.ts';
import { eachBound, NO_HISTORY } from './history.ts';
import { readLeads, type BaseLeads, type Whom } from './leads.ts';
import { createOtherNumbers } from './other-numbers.ts';
import { createPlaces } from './places.ts';
import { addRegisters, createRegisterScan, reassignments } from './registers.ts';

/** The gate asked about a whole base at one moment, as if an agent were free for each call. */
export interface BaseQuestion {
  readonly campaign: GateCampaign;
  readonly policy: Policy;
  readonly now: number;
  /** Which leads it is asked about, and of the others why not. */
  readonly whom: Whom;
}

/** The answers lead by lead, in columns: a million of them take 40 MB. */
export interface BaseAnswers extends Pick<BaseLeads, 'ids' | 'phones' | 'dueAt' | 'group' | 'groups'> {
  /** Index in `codes`; 0: it may be called. */
  readonly code: Uint8Array;
  /**
   * When it may be called: now, or when it is due and the gate opens; NaN when more than time is needed. Of a lead that is
   * not waiting it is the verdict's `notBefore`.
   */
  readonly from: Float64Array;
  /** Zones the person may be in, index in `places`; of those not asked about it says nothing. */
  readonly place: Uint16Array;
  readonly places: readonly (readonly string[])[];
  /** '', then the gate's vocabulary, then why leads were not asked about. */
  readonly codes: readonly string[];
  /** Into how many classes the base fell: each was asked once. */
  readonly classes: number;
}

/** The gate goes on to the lead's next number after it. */
function isOfNumber(code: number): boolean {
  const primary = CODE_LIST[code - 1];
  return primary !== undefined && numberRefusal({ primary, verdict: CODES[primary].severity }) !== null;
}

const ERASED = CODE_LIST.indexOf('OPT_OUT_ERASED') + 1;

/**
 * Asks the gate about every lead of a part of a base. Registers are read through, each once; leads of which they say the
 * same are one class, and the facts of its first lead are read and decided as those of any call. Only the history of
 * past calls is held against each lead whose calls are too recent.
 */
export function askBase(
  db: Db,
  keyed: KeyedHash,
  { campaign, policy, now, whom }: BaseQuestion,
  part: Part,
): BaseAnswers {
  const registers = createRegisters(db);
  const leads = readLeads(db, campaign.id, part, whom);
  const { phones, ids, dueAt, group, groups, size } = leads;
  const signatures = createSignatures(size);
  const { of } = signatures;
  const codes: string[] = ['', ...CODE_LIST];
  const code = new Uint8Array(size);
  const from = new Float64Array(size);
  const place = new Uint16Array(size);
  const places: (readonly string[])[] = [];
  const index = createPhoneIndex(size);

  const choose = createChooser(db, leads, campaign.id, whom, now);
  const renumbered: (readonly [lead: number, phone: number])[] = [];
  for (let slot = 0; slot < size; slot += 1) {
    const known = phones[slot] as number;
    const left = choose(slot);
    if (phones[slot] !== known) renumbered.push([ids[slot] as number, phones[slot] as number]);
    if (left === null && (phones[slot] as number) > 0) index.add(phones[slot] as number, slot);
    else {
      code[slot] = left === null ? ERASED : codeAmong(codes, left);
      from[slot] = NaN;
    }
  }

  keepRenumbered(db, renumbered);

  const numbers = createPlaces(db, signatures, campaign, policy, registers.registrations);
  const own = groups.map(({ zone, region }) => numbers.ownPlace(zone, region));
  for (let slot = 0; slot < size; slot += 1) {
    if (code[slot] !== 0) continue;
    const its = own[group[slot] as number] as (typeof own)[number];
    signatures.add(slot, its.feature);
    numbers.addNumber(slot, phones[slot] as number, its.known);
  }
  const scan = createRegisterScan(db, { campaign: campaign.id, part, index, leads: size });
  addRegisters(scan, signatures, campaign);
  addConsents(scan, signatures, policy, now, reassignments(scan));
  addErased(db, keyed, signatures, phones, code);
  addInFlight(db, signatures, { index, slotOf: leads.slotOf }, campaign, byDebtor(policy, campaign));

  const moment = dryMoment(policy, campaign, now);
  const factsFor = createFactReader(db, registers, keyed);
  const evidence = db.prepare<[number], { zone: string | null; region: string | null; person: string | null }>(
    'SELECT zone, region, person FROM leads WHERE id = ?',
  );
  const classes: (CallClass | undefined)[] = [];
  const classOf = (slot: number): CallClass => {
    const signature = of[slot] as number;
    let known = classes[signature];
    if (known === undefined) {
      const row = evidence.get(ids[slot] as number) ?? { zone: null, region: null, person: null };
      const alike = decideAlike(
        factsFor(campaign, { ...row, id: null, phone: phones[slot] as number }, moment),
        policy,
        now,
      );
      known = { alike, place: placeOf(alike.zones), ...inColumns(alike.answer(NO_HISTORY), now) };
      classes[signature] = known;
    }
    return known;
  };
  const placeOf = (zones: readonly string[]): number => {
    const known = places.findIndex((one) => one.join() === zones.join());
    return known === -1 ? places.push(zones) - 1 : known;
  };
  const tell = (slot: number, { opens }: Alike, { code: told, at }: InColumns): void => {
    code[slot] = told;
    const due = dueAt[slot] as number;
    from[slot] = due > at ? opens(due) : at;
  };
  for (let slot = 0; slot < size; slot += 1) {
    if (code[slot] !== 0) continue;
    const its = classOf(slot);
    place[slot] = its.place;
    tell(slot, its.alike, its);
  }
  const askedAt = (id: number): number => {
    const slot = leads.slotOf(id);
    return slot !== -1 && of[slot] !== 0 ? slot : -1;
  };
  eachBound(db, campaign, policy, now, { part, index, slotOfLead: askedAt }, (slot, history) => {
    const { alike } = classOf(slot);
    tell(slot, alike, inColumns(alike.answer(history), now));
  });
  // One by one: few leads are refused for a reason of one number and have another.
  const othersOf = createOtherNumbers(db, leads, campaign, whom);
  for (let slot = 0; slot < size; slot += 1) {
    if (of[slot] === 0 || !isOfNumber(code[slot] as number)) continue;
    for (const phone of othersOf(slot)) {
      const id = ids[slot] as number;
      const row = evidence.get(id) ?? { zone: null, region: null, person: null };
      const facts = factsFor(campaign, { ...row, id, phone }, moment);
      const alike = decideAlike(facts, policy, now);
      phones[slot] = phone;
      tell(slot, alike, inColumns(alike.answer(facts.history), now));
      if (!isOfNumber(code[slot] as number)) break;
    }
  }
  return {
    ids,
    phones,
    dueAt,
    group,
    groups,
    code,
    from,
    place,
    places,
    codes,
    classes: classes.filter((one) => one !== undefined).length,
  };
}

/** An answer as the columns have it. */
interface InColumns {
  readonly code: number;
  /** When the gate allows it, the lead's own time aside; NaN: when more than time has passed. */
  readonly at: number;
}

/** Leads of which the registers say the same, and their answer when no past call stands against it. */
interface CallClass extends InColumns {
  readonly alike: Alike;
  readonly place: number;
}

function inColumns({ primary, verdict, notBefore }: Answer, now: number): InColumns {
  const at = verdict === 'ALLOW' ? now : verdict === 'DEFER' ? (notBefore ?? now) : NaN;
  return { code: primary === null ? 0 : CODE_LIST.indexOf(primary) + 1, at };
}

function codeAmong(codes: string[], code: string): number {
  const known = codes.indexOf(code, 1);
  return known === -1 ? codes.push(code) - 1 : known;
}

function addErased(
  db: Db,
  keyed: KeyedHash,
  { add, feature }: ReturnType<typeof createSignatures>,
  phones: Float64Array,
  code: Uint8Array,
): void {
  const erased = new Map(db.prepare<[], [number, string]>('SELECT pseudonym, subject FROM erasures').raw().all());
  if (erased.size === 0) return;
  for (const [slot, phone] of phones.entries()) {
    if (code[slot] === 0 && erased.get(keyed.pseudonym(phone)) === keyed.subject(phone)) add(slot, feature('erased'));
  }
}

function addInFlight(
  db: Db,
  { add, feature }: ReturnType<typeof createSignatures>,
  { index, slotOf }: { readonly index: PhoneIndex; readonly slotOf: (id: number) => number },
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
