import { reopens, withGateOpened } from '../../core/redial.ts';
import { backOn, inTurn, openPlaces, type NumberPast } from '../../core/retry.ts';
import type { GateCampaign } from '../facts.ts';
import type { Db } from '../open.ts';
import { isPutBack } from './choice.ts';
import { createPhoneIndex, inPart, type Part, type PhoneIndex } from './columns.ts';
import type { BaseLeads, LeadGroup, Whom } from './leads.ts';

const NONE: readonly never[] = [];

/** A number of a lead; its place is among those of its lead that are read. */
interface LeadNumber extends NumberPast {
  readonly phone: number;
}

export type BaseNumbers = ReturnType<typeof readNumbers>;

/** Reads the numbers of those leads that have several, or a closed one; of the others their row says all. */
export function readNumbers(
  db: Db,
  leads: BaseLeads,
  {
    id,
    maxAttemptsPerLead,
    maxAttemptsPerNumber,
  }: Pick<GateCampaign, 'id' | 'maxAttemptsPerLead' | 'maxAttemptsPerNumber'>,
  part: Part,
  whom: Whom,
) {
  const { size, phones, groups, group } = leads;
  const first = new Int32Array(size);
  const count = new Uint8Array(size);
  const all: number[] = [];
  const attempts: number[] = [];
  const closed: (string | null)[] = [];
  // In the order of the table: its index would send the reader to each row anew.
  const rows = db.prepare<[number], [lead: number, phone: number, attempts: number, closed: string | null]>(
    `SELECT n.lead, n.phone, n.attempts, n.closed FROM lead_numbers AS o CROSS JOIN lead_numbers AS n ON n.lead = o.lead
     WHERE +o.campaign = ? AND (o.place = 2 OR (o.place = 1 AND o.closed IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM lead_numbers WHERE lead = o.lead AND place = 2)))
       AND (SELECT ${inPart(part, 'phone')} FROM leads WHERE id = o.lead)
     ORDER BY o.lead, n.place`,
  );
  let last = -1;
  let slot = -1;
  for (const [lead, phone, its, why] of rows.raw().iterate(id)) {
    if (lead !== last) {
      last = lead;
      slot = leads.slotOf(lead);
      if (slot !== -1) first[slot] = all.length;
    }
    if (slot === -1) continue;
    count[slot] = (count[slot] as number) + 1;
    all.push(phone);
    attempts.push(its);
    closed.push(why);
  }

  function of(at: number): LeadNumber[] {
    const from = first[at] as number;
    return Array.from({ length: count[at] as number }, (_, i) => ({
      place: i + 1,
      phone: all[from + i] as number,
      attempts: attempts[from + i] as number,
      closed: closed[from + i] as string | null,
    }));
  }

  /** The lead's numbers as they will be once the start or the pass has opened what it opens. */
  function opened(at: number): readonly LeadNumber[] {
    // An erased person has no number any more.
    const its = of(at).filter(({ phone }) => phone > 0);
    if (whom.kind === 'start') return whom.releases ? withGateOpened(its) : its;
    if (!isPutBack(groups[group[at] as number] as LeadGroup)) return withGateOpened(its);
    return its.map((one) => ({ ...one, attempts: 0, closed: reopens(one.closed, whom.rules) ? null : one.closed }));
  }

  /** The lead's numbers besides the one it is asked about. */
  function others(at: number): readonly number[] {
    if ((count[at] as number) < 2) return NONE;
    const from = first[at] as number;
    return all.slice(from, from + (count[at] as number)).filter((phone) => phone > 0 && phone !== phones[at]);
  }

  return {
    others,
    /** The first number a new pass may call; null: none. */
    firstOpen(at: number): number | null {
      const phone = count[at] === 0 ? phones[at] : opened(at).find((number) => number.closed === null)?.phone;
      return phone !== undefined && phone > 0 ? phone : null;
    },
    /** The number a lead on its way is called on within its caps, as the gate looks at them when it is asked; null: none. */
    withinCaps(at: number): number | null {
      const { attempts, state } = groups[group[at] as number] as LeadGroup;
      const phone = phones[at] as number;
      // A promise is kept past them.
      if (attempts === 0 || state === 'promised') return phone;
      // Of a lead with one number that is open its row says all.
      const its = count[at] === 0 ? [{ place: 1, phone, attempts, closed: null }] : opened(at);
      const own = its.find((number) => number.phone === phone)?.place ?? 0;
      const limits = { perLead: maxAttemptsPerLead, perNumber: maxAttemptsPerNumber };
      const place = backOn({ attempts, place: own, numbers: its }, limits);
      return its.find((number) => number.place === place)?.phone ?? null;
    },
    /** The numbers the gate turns to, in its order, as long as it refuses them one after the other. */
    after(at: number): readonly number[] {
      if ((count[at] as number) < 2) return NONE;
      const its = opened(at);
      const own = its.find(({ phone }) => phone === phones[at])?.place ?? 0;
      return inTurn(openPlaces(its, maxAttemptsPerNumber), own).flatMap((place) =>
        place === own ? [] : (its.find((number) => number.place === place)?.phone ?? []),
      );
    },
    /** Leads by those of their numbers that they are not asked about. */
    indexOthers(slots: Iterable<number>): PhoneIndex | null {
      if (all.length === 0) return null;
      const index = createPhoneIndex(all.length);
      for (const at of slots) for (const phone of others(at)) index.add(phone, at);
      return index;
    },
  };
}
