import { costOf, type Price } from '../price.ts';

/** What a trunk or a campaign may use in any 24 hours; null: as much as it likes. */
export interface Ceiling {
  readonly of: 'trunk' | 'campaign';
  readonly name: string;
  readonly attemptsPerDay: number | null;
  readonly spendPerDay: number | null;
  readonly price: Price | null;
}

/** A ceiling as a file has it. */
export function ceilingOf(
  of: Ceiling['of'],
  name: string,
  { attemptsPerDay = null, spendPerDay = null }: { attemptsPerDay?: number | null; spendPerDay?: number | null },
  price: Price | null = null,
): Ceiling {
  return { of, name, attemptsPerDay, spendPerDay, price };
}

/** The ceiling and what was used of it. */
export interface CeilingFact {
  readonly ceiling: Ceiling;
  readonly attempts: number;
  /** Begun minutes of calls that are over. */
  readonly minutes: number;
  /** When the oldest hour of it is forgotten, epoch ms. */
  readonly freesAt: number;
}

/** One ceiling that leaves no room for a call more. */
export interface UsedUp {
  readonly what: 'attempts' | 'spend';
  readonly detail: string;
  readonly until: number;
}

/** What stands against one call more. */
export function usedUp({ ceiling, attempts, minutes, freesAt }: CeilingFact): UsedUp[] {
  const { of, name, attemptsPerDay, spendPerDay, price } = ceiling;
  const found: UsedUp[] = [];
  if (attemptsPerDay !== null && attempts >= attemptsPerDay) {
    const detail = `${of} ${name}: ${attempts} attempts in 24 hours, ${attemptsPerDay} at most`;
    found.push({ what: 'attempts', detail, until: freesAt });
  }
  if (spendPerDay !== null) {
    // Without a price nobody knows what is spent: nothing may be.
    const next = price === null ? Infinity : costOf(price, { attempts: attempts + 1, minutes, agentMs: 0 });
    if (next > spendPerDay) {
      const spent = price === null ? 'no price is given' : `${costOf(price, { attempts, minutes, agentMs: 0 })} spent`;
      const detail = `${of} ${name}: ${spent} in 24 hours, ${spendPerDay} at most`;
      found.push({ what: 'spend', detail, until: freesAt });
    }
  }
  return found;
}
