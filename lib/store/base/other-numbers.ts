import { reopens } from '../../core/redial.ts';
import { inTurn, openPlaces } from '../../core/retry.ts';
import type { GateCampaign } from '../facts.ts';
import type { LeadNumber } from '../leads.ts';
import type { Db } from '../open.ts';
import { isPutBack } from './choice.ts';
import type { BaseLeads, LeadGroup, Whom } from './leads.ts';

/**
 * The numbers the gate turns to when it refuses the one a lead is asked about for a reason of that number alone, in their
 * order; none for most leads.
 */
export function createOtherNumbers(
  db: Db,
  { ids, phones, group, groups }: BaseLeads,
  { id, maxAttemptsPerNumber }: Pick<GateCampaign, 'id' | 'maxAttemptsPerNumber'>,
  whom: Whom,
): (slot: number) => number[] {
  const severalOf = db
    .prepare<[number], number>('SELECT lead FROM lead_numbers WHERE campaign = ? AND place = 2')
    .pluck();
  const numbersOf = db.prepare<[number], LeadNumber>(
    'SELECT place, phone, attempts, closed FROM lead_numbers WHERE lead = ? ORDER BY place',
  );
  let several: ReadonlySet<number> | null = null;
  return (slot) => {
    const lead = ids[slot] as number;
    several ??= new Set(severalOf.all(id));
    if (!several.has(lead)) return [];
    const numbers = numbersOf.all(lead);
    const asked = phones[slot];
    const own = numbers.find(({ phone }) => phone === asked)?.place ?? 0;
    // A pass forgets the attempts of those it puts back.
    const anew = whom.kind === 'pass' && isPutBack(groups[group[slot] as number] as LeadGroup);
    const open = anew
      ? numbers.filter(({ phone, closed }) => phone > 0 && reopens(closed, whom.rules)).map(({ place }) => place)
      : openPlaces(numbers, maxAttemptsPerNumber);
    return inTurn(open, own).flatMap((place) =>
      place === own ? [] : (numbers.find((number) => number.place === place)?.phone ?? []),
    );
  };
}
