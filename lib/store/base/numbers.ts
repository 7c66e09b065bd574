import { reopens } from '../../core/redial.ts';
import { inTurn, openPlaces } from '../../core/retry.ts';
import { CODES } from '../../core/verdict.ts';
import type { LeadNumber } from '../leads.ts';
import type { Db } from '../open.ts';
import { isPutBack } from './choice.ts';
import type { BaseLeads, LeadGroup, Whom } from './leads.ts';

/** The numbers of leads that have several, or one that is closed. */
export interface BaseNumbers {
  /** The first number a new pass may call of a lead it puts back; null: none. */
  readonly first: (slot: number) => number | null;
  /** The number tried next, as the dialer turns to it, once the gate has refused this one; null: there is no other. */
  readonly next: (slot: number) => number | null;
  /** Each number of each lead that has several. */
  readonly each: (visit: (slot: number, phone: number) => void) => void;
}

/** Numbers of leads, as they will be open when the gate is asked. */
export function createNumbers(
  db: Db,
  leads: BaseLeads,
  campaign: { readonly id: number; readonly maxAttemptsPerNumber: number | null },
  whom: Whom,
): BaseNumbers {
  const several = new Set(
    db
      // In the order of the table: its index would send the reader to each row anew.
      .prepare<[number], number>(
        'SELECT lead FROM lead_numbers WHERE +campaign = ? AND (place > 1 OR closed IS NOT NULL) ORDER BY lead',
      )
      .pluck()
      .all(campaign.id),
  );
  const of = db.prepare<[number], LeadNumber>(
    'SELECT place, phone, attempts, closed FROM lead_numbers WHERE lead = ? ORDER BY place',
  );
  const all = db.prepare<[number], [lead: number, phone: number]>(
    `SELECT lead, phone FROM lead_numbers AS n WHERE +campaign = ? AND (place > 1 OR EXISTS (
       SELECT 1 FROM lead_numbers WHERE lead = n.lead AND place > 1)) ORDER BY lead`,
  );
  /** Numbers the gate has refused since it is asked, by lead. */
  const refused = new Map<number, Set<number>>();

  /** What a pass or a start opens of a lead's numbers is open. */
  function opened(slot: number, number: LeadNumber): LeadNumber {
    const group = leads.groups[leads.group[slot] as number] as LeadGroup;
    if (refused.get(slot)?.has(number.phone) === true || number.phone <= 0) return { ...number, closed: 'refused' };
    const { closed } = number;
    if (whom.kind === 'pass' && isPutBack(group)) {
      return { ...number, attempts: 0, closed: reopens(closed, whom.rules) ? null : closed };
    }
    return closed !== null && Object.hasOwn(CODES, closed) ? { ...number, closed: null } : number;
  }

  return {
    first(slot) {
      const id = leads.ids[slot] as number;
      const phone = leads.phones[slot] as number;
      if (!several.has(id)) return phone > 0 ? phone : null;
      return of.all(id).find((number) => opened(slot, number).closed === null)?.phone ?? null;
    },
    next(slot) {
      const id = leads.ids[slot] as number;
      if (!several.has(id)) return null;
      const phone = leads.phones[slot] as number;
      let closed = refused.get(slot);
      if (closed === undefined) refused.set(slot, (closed = new Set()));
      closed.add(phone);
      const numbers = of.all(id);
      const here = numbers.find((number) => number.phone === phone)?.place ?? 1;
      const open = openPlaces(
        numbers.map((number) => opened(slot, number)),
        campaign.maxAttemptsPerNumber,
      );
      const [place] = inTurn(open, here);
      return numbers.find((number) => number.place === place)?.phone ?? null;
    },
    each(visit) {
      if (several.size === 0) return;
      for (const [lead, phone] of all.raw().iterate(campaign.id)) {
        const slot = leads.slotOf(lead);
        if (slot !== -1 && phone > 0) visit(slot, phone);
      }
    },
  };
}
