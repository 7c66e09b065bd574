import { NO_HISTORY } from '../../core/facts.ts';
import type { Answer } from '../../core/gate.ts';
import { decideAlike, type Alike } from '../../core/gate.ts';
import { CODE_LIST } from '../../core/verdict.ts';
import { createFactReader, type GateCampaign } from '../facts.ts';
import { byDebtor, dryMoment } from '../gate-rehearsal.ts';
import type { KeyedHash } from '../keyed-hash.ts';
import type { Db } from '../open.ts';
import { createRegisters } from '../registers.ts';
import type { BaseAnswers, BaseQuestion } from './ask.ts';
import { createPhoneIndex, createSignatures, type PhoneIndex, type Round, type Signatures } from './columns.ts';
import { addConsents } from './consents.ts';
import { eachBound } from './history.ts';
import type { BaseLeads } from './leads.ts';
import type { BaseNumbers } from './numbers.ts';
import { createPlaces, readRanges } from './places.ts';
import { addRegisters, createRegisterScan, reassignments } from './registers.ts';

/** Asks the gate about leads on the numbers `phones` has of them, and writes its answers into the columns. */
export function createRounds(
  db: Db,
  keyed: KeyedHash,
  { campaign, policy, now }: BaseQuestion,
  leads: BaseLeads,
  numbers: BaseNumbers,
  { code, from, place }: Pick<BaseAnswers, 'code' | 'from' | 'place'>,
) {
  const { phones, ids, dueAt, group, groups, size } = leads;
  const registers = createRegisters(db);
  const { registrations } = registers;
  const ranges = readRanges(db);
  const moment = dryMoment(policy, campaign, now);
  const factsFor = createFactReader(db, registers, keyed);
  const evidence = db.prepare<[number], { zone: string | null; region: string | null; person: string | null }>(
    'SELECT zone, region, person FROM leads WHERE id = ?',
  );
  const zonesOf: (readonly string[])[] = [];
  const placeOf = (zones: readonly string[]): number => {
    const known = zonesOf.findIndex((one) => one.join() === zones.join());
    return known === -1 ? zonesOf.push(zones) - 1 : known;
  };
  const tell = (slot: number, { opens }: Alike, { code: told, at }: InColumns): void => {
    code[slot] = told;
    const due = dueAt[slot] as number;
    from[slot] = due > at ? opens(due) : at;
  };
  let classCount = 0;

  function askAlike(slot: number): CallClass {
    const row = evidence.get(ids[slot] as number) ?? { zone: null, region: null, person: null };
    const lead = { ...row, id: ids[slot] as number, phone: phones[slot] as number };
    const alike = decideAlike(factsFor(campaign, lead, moment), policy, now);
    classCount += 1;
    return { alike, place: placeOf(alike.zones), ...inColumns(alike.answer(NO_HISTORY), now) };
  }

  return {
    /** As in the answers. */
    places: zonesOf,
    classes: (): number => classCount,
    ask(slots: ArrayLike<number> & Iterable<number>, round: Round): void {
      const index = createPhoneIndex(slots.length);
      for (const slot of slots) index.add(phones[slot] as number, slot);
      /** -1: the lead is not asked about. */
      const slotOf = (lead: number): number => {
        const slot = leads.slotOf(lead);
        return slot !== -1 && index.slotOf(phones[slot] as number) === slot ? slot : -1;
      };
      const signatures = createSignatures(size);
      const places = createPlaces(db, signatures, campaign, policy, { ranges, registrations });
      const own = groups.map(({ zone, region }) => places.ownPlace(zone, region));
      for (const slot of slots) {
        const its = own[group[slot] as number] as (typeof own)[number];
        signatures.add(slot, its.feature);
        places.addNumber(slot, phones[slot] as number, its.known);
      }
      const others = numbers.indexOthers(slots);
      const scan = createRegisterScan(db, { campaign: campaign.id, round, index, others, leads: slots.length });
      addRegisters(scan, signatures, campaign);
      addConsents(scan, signatures, policy, now, reassignments(scan));
      addErased(db, keyed, signatures, slots, (slot) => [phones[slot] as number, ...numbers.others(slot)]);
      addInFlight(db, signatures, { index, slotOf }, campaign, byDebtor(policy, campaign));

      const classes: (CallClass | undefined)[] = [];
      const classOf = (slot: number): CallClass => (classes[signatures.of[slot] as number] ??= askAlike(slot));
      for (const slot of slots) {
        const its = classOf(slot);
        place[slot] = its.place;
        tell(slot, its.alike, its);
      }
      eachBound(db, campaign, policy, now, { round, index, slotOfLead: slotOf }, (slot, history) => {
        const { alike } = classOf(slot);
        tell(slot, alike, inColumns(alike.answer(history), now));
      });
    },
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

function addErased(
  db: Db,
  keyed: KeyedHash,
  { add, feature }: Signatures,
  slots: Iterable<number>,
  phonesOf: (slot: number) => readonly number[],
): void {
  const erased = new Map(db.prepare<[], [number, string]>('SELECT pseudonym, subject FROM erasures').raw().all());
  if (erased.size === 0) return;
  const isErased = (phone: number): boolean => erased.get(keyed.pseudonym(phone)) === keyed.subject(phone);
  for (const slot of slots) if (phonesOf(slot).some(isErased)) add(slot, feature('erased'));
}

function addInFlight(
  db: Db,
  { add, feature }: Signatures,
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
