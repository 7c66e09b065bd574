import type { Answer } from '../../core/gate.ts';
import { decideAlike, type Alike } from '../../core/gate.ts';
import type { Policy } from '../../core/policy.ts';
import { CODE_LIST } from '../../core/verdict.ts';
import { createFactReader, type GateCampaign } from '../facts.ts';
import { byDebtor, dryMoment } from '../gate-rehearsal.ts';
import type { KeyedHash } from '../keyed-hash.ts';
import type { Db } from '../open.ts';
import { createRegisters } from '../registers.ts';
import { createChooser } from './choice.ts';
import { createAside, createPhoneIndex, createSignatures, type Part, type PhoneIndex } from './columns.ts';
import { addConsents } from './consents.ts';
import { eachBound, NO_HISTORY } from './history.ts';
import { readLeads, type BaseLeads, type Whom } from './leads.ts';
import { createNumbers, type BaseNumbers } from './numbers.ts';
import { createPlaces, readRanges, type RangesInForce } from './places.ts';
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

const ERASED = CODE_LIST.indexOf('OPT_OUT_ERASED') + 1;

/**
 * Asks the gate about every lead of a part of a base. Registers are read through, each once; leads of which they say the
 * same are one class, and the facts of its first lead are read and decided as those of any call. Only the history of
 * past calls is held against each lead whose calls are too recent. Leads refused for their number's sake are asked about
 * on their next one, all of them together, until there is no other.
 */
export function askBase(db: Db, keyed: KeyedHash, question: BaseQuestion, part: Part): BaseAnswers {
  const { campaign, now, whom } = question;
  const leads = readLeads(db, campaign.id, part, whom);
  const { phones, ids, dueAt, group, groups, size } = leads;
  const numbers = createNumbers(db, leads, campaign, whom);
  const aside = createAside(db, part);
  const answers = {
    ...{
      ids,
      phones,
      dueAt,
      group,
      groups,
      codes: ['', ...CODE_LIST] as string[],
      places: [] as (readonly string[])[],
    },
    ...{ code: new Uint8Array(size), from: new Float64Array(size), place: new Uint16Array(size), classes: 0 },
  };

  const choose = createChooser(db, leads, campaign.id, whom, now, numbers);
  let asked = new Int32Array(size);
  let count = 0;
  for (let slot = 0; slot < size; slot += 1) {
    const known = phones[slot] as number;
    const left = choose(slot);
    const phone = phones[slot] as number;
    if (left === null && phone > 0) {
      if (phone !== known) aside.renumber(ids[slot] as number, phone);
      asked[count] = slot;
      count += 1;
    } else {
      answers.code[slot] = left === null ? ERASED : codeAmong(answers.codes, left);
      answers.from[slot] = NaN;
    }
  }
  asked = asked.subarray(0, count);
  // A connection that reads row by row writes nothing meanwhile.
  const every: number[] = [];
  numbers.each((_, phone) => void every.push(phone));
  for (const phone of every) aside.see(phone);

  const ranges = readRanges(db);
  while (asked.length > 0) {
    const refused = askRound(db, keyed, question, part, leads, { asked, numbers, ranges, answers });
    const again = refused.filter((slot) => {
      const next = numbers.next(slot);
      if (next === null) return false;
      phones[slot] = next;
      aside.renumber(ids[slot] as number, next);
      return true;
    });
    asked = Int32Array.from(again);
  }
  return answers;
}

interface Round {
  /** Leads to be asked about, on the numbers `phones` has. */
  readonly asked: Int32Array;
  readonly numbers: BaseNumbers;
  readonly ranges: RangesInForce;
  readonly answers: { -readonly [K in keyof BaseAnswers]: BaseAnswers[K] } & { readonly places: (readonly string[])[] };
}

/** Puts the answers into their columns; returns the leads that are refused for their number's sake. */
function askRound(
  db: Db,
  keyed: KeyedHash,
  { campaign, policy, now }: BaseQuestion,
  part: Part,
  leads: BaseLeads,
  { asked, numbers, ranges, answers }: Round,
): number[] {
  const { phones, ids, dueAt, group, groups, size } = leads;
  const { code, from, place, places } = answers;
  const registers = createRegisters(db);
  const signatures = createSignatures(size);
  const { of } = signatures;
  const index = createPhoneIndex(asked.length);
  for (const slot of asked) index.add(phones[slot] as number, slot);

  const evidenceOf = createPlaces(db, signatures, campaign, policy, registers.registrations, ranges);
  const own = groups.map(({ zone, region }) => evidenceOf.ownPlace(zone, region));
  for (const slot of asked) {
    const its = own[group[slot] as number] as (typeof own)[number];
    signatures.add(slot, its.feature);
    evidenceOf.addNumber(slot, phones[slot] as number, its.known);
  }
  // Of other leads nothing is said: who is not asked about in this round keeps what he has.
  const slotOfLead = (id: number): number => {
    const slot = leads.slotOf(id);
    return slot !== -1 && of[slot] !== 0 ? slot : -1;
  };
  const others: (readonly [slot: number, phone: number])[] = [];
  numbers.each((slot, phone) => {
    if (of[slot] !== 0) others.push([slot, phone]);
  });
  const everyNumber = others.length === 0 ? index : createPhoneIndex(asked.length + others.length);
  if (everyNumber !== index) {
    for (const slot of asked) everyNumber.add(phones[slot] as number, slot);
    for (const [slot, phone] of others) everyNumber.add(phone, slot);
  }
  const scanOf = (by: PhoneIndex) => createRegisterScan(db, { campaign: campaign.id, part, index: by, leads: size });
  const scan = scanOf(index);
  addRegisters(scan, scanOf(everyNumber), signatures, campaign);
  addConsents(scan, signatures, policy, now, reassignments(scan));
  addErased(db, keyed, signatures, asked, phones, others);
  addInFlight(db, signatures, { index, slotOf: slotOfLead }, campaign, byDebtor(policy, campaign));

  const moment = dryMoment(policy, campaign, now);
  const factsFor = createFactReader(db, registers, keyed);
  const rest = db.prepare<[number], { zone: string | null; region: string | null; person: string | null }>(
    'SELECT zone, region, person FROM leads WHERE id = ?',
  );
  const classes: (CallClass | undefined)[] = [];
  const placeOf = (zones: readonly string[]): number => {
    const known = places.findIndex((one) => one.join() === zones.join());
    return known === -1 ? places.push(zones) - 1 : known;
  };
  const classOf = (slot: number): CallClass => {
    const signature = of[slot] as number;
    let known = classes[signature];
    if (known === undefined) {
      const id = ids[slot] as number;
      const row = rest.get(id) ?? { zone: null, region: null, person: null };
      const alike = decideAlike(factsFor(campaign, { ...row, id, phone: phones[slot] as number }, moment), policy, now);
      known = { alike, place: placeOf(alike.zones), ...inColumns(alike.answer(NO_HISTORY), now) };
      classes[signature] = known;
      answers.classes += 1;
    }
    return known;
  };
  const tell = (slot: number, { opens }: Alike, { code: told, at }: InColumns): void => {
    code[slot] = told;
    const due = dueAt[slot] as number;
    from[slot] = due > at ? opens(due) : at;
  };
  const refused: number[] = [];
  for (const slot of asked) {
    const its = classOf(slot);
    place[slot] = its.place;
    tell(slot, its.alike, its);
    if (its.alike.numberRefused) refused.push(slot);
  }
  eachBound(db, campaign, policy, now, { part, index, slotOfLead }, (slot, history) => {
    const { alike } = classOf(slot);
    tell(slot, alike, inColumns(alike.answer(history), now));
  });
  return refused;
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
  asked: Int32Array,
  phones: Float64Array,
  others: readonly (readonly [slot: number, phone: number])[],
): void {
  const erased = new Map(db.prepare<[], [number, string]>('SELECT pseudonym, subject FROM erasures').raw().all());
  if (erased.size === 0) return;
  const look = (slot: number, phone: number): void => {
    if (erased.get(keyed.pseudonym(phone)) === keyed.subject(phone)) add(slot, feature('erased'));
  };
  for (const slot of asked) look(slot, phones[slot] as number);
  for (const [slot, phone] of others) look(slot, phone);
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
