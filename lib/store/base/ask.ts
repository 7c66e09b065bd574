import { CODES, CODE_LIST, type Code } from '../../core/verdict.ts';
import { numberRefusal } from '../../core/gate/of-number.ts';
import type { RedialCode } from '../../core/redial.ts';
import type { Policy } from '../../core/policy.ts';
import type { GateCampaign } from '../facts.ts';
import type { KeyedHash } from '../keyed-hash.ts';
import type { Db } from '../open.ts';
import { createChooser, isPutBack } from './choice.ts';
import { keepRenumbered, type Part } from './columns.ts';
import { readLeads, type BaseLeads, type LeadGroup, type Whom } from './leads.ts';
import { readNumbers } from './numbers.ts';
import { createRounds } from './rounds.ts';

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
  /** Into how many classes the base fell, of all rounds: each was asked once. */
  readonly classes: number;
}

const ERASED = CODE_LIST.indexOf('OPT_OUT_ERASED') + 1;
/** By the gate's codes as columns have them: the lead's next number is tried instead. */
const TURNS: readonly boolean[] = [
  false,
  ...CODE_LIST.map((code: Code) => numberRefusal({ verdict: CODES[code].severity, primary: code }) !== null),
];

/**
 * Asks the gate about every lead of a part of a base. Registers are read through, each once; leads of which they say the
 * same are one class, and the facts of its first lead are read and decided as those of any call. Only the history of
 * past calls is held against each lead whose calls are too recent. Leads refused for a reason of one number alone are
 * asked about again on their next one, all together, until none is left.
 */
export function askBase(db: Db, keyed: KeyedHash, question: BaseQuestion, part: Part): BaseAnswers {
  const { campaign, now, whom } = question;
  const leads = readLeads(db, campaign.id, part, whom);
  const { phones, ids, dueAt, group, groups, size } = leads;
  const numbers = readNumbers(db, leads, campaign, part, whom);
  const codes: string[] = ['', ...CODE_LIST];
  const code = new Uint8Array(size);
  const from = new Float64Array(size);
  const place = new Uint16Array(size);

  const choose = createChooser(db, leads, numbers, campaign.id, whom, now);
  /** Why a lead on its way is not called though nothing stands against it: its caps are reached. */
  const spent = (slot: number): string | null => {
    if ((phones[slot] as number) <= 0 || isPutBack(groups[group[slot] as number] as LeadGroup)) return null;
    const open = numbers.withinCaps(slot);
    if (open === null) return whom.kind === 'pass' ? ('REDIAL_SPENT' satisfies RedialCode) : 'final';
    phones[slot] = open;
    return null;
  };
  const slots = new Int32Array(size);
  let chosen = 0;
  const renumbered: number[] = [];
  for (let slot = 0; slot < size; slot += 1) {
    const known = phones[slot] as number;
    const left = choose(slot) ?? spent(slot);
    if (phones[slot] !== known) renumbered.push(slot);
    if (left === null && (phones[slot] as number) > 0) {
      slots[chosen] = slot;
      chosen += 1;
    } else {
      code[slot] = left === null ? ERASED : codeAmong(codes, left);
      from[slot] = NaN;
    }
  }
  const keep = (those: readonly number[]): void =>
    keepRenumbered(
      db,
      those.map((slot) => [ids[slot] as number, phones[slot] as number] as const),
    );
  keep(renumbered);

  const rounds = createRounds(db, keyed, question, leads, numbers, { code, from, place });
  let asked: ArrayLike<number> & Iterable<number> = slots.subarray(0, chosen);
  rounds.ask(asked, { part, again: false, renumbered: renumbered.length });
  const left = new Map<number, readonly number[]>();
  for (;;) {
    const turned: number[] = [];
    for (const slot of asked) {
      if (TURNS[code[slot] as number] !== true) continue;
      const [next, ...others] = left.get(slot) ?? numbers.after(slot);
      if (next === undefined) continue;
      phones[slot] = next;
      left.set(slot, others);
      turned.push(slot);
    }
    if (turned.length === 0) break;
    keep(turned);
    rounds.ask(turned, { part, again: true, renumbered: turned.length });
    asked = turned;
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
    places: rounds.places,
    codes,
    classes: rounds.classes(),
  };
}

function codeAmong(codes: string[], code: string): number {
  const known = codes.indexOf(code, 1);
  return known === -1 ? codes.push(code) - 1 : known;
}
