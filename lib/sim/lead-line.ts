import { answeredBy, answerShares, preference, WEEK_HOURS, weekHour, type AnswerShares } from '../core/best-hour.ts';
import type { Disposition } from '../core/outcome.ts';

/** Leads that may be looked at now, in the order they are called. */
export interface LeadLine {
  /** Never tried. */
  addFresh(lead: number): void;
  /** Due again. */
  addDue(lead: number): void;
  /** Takes the next out; null: nobody is in line. */
  next(now: number): number | null;
  /** An attempt placed then has ended. */
  heard(lead: number, placedAt: number, disposition: Disposition): void;
  empty(): boolean;
}

interface Fifo {
  readonly leads: number[];
  first: number;
}

const fifo = (): Fifo => ({ leads: [], first: 0 });

function shift(line: Fifo): number | null {
  const lead = line.leads[line.first] ?? null;
  if (lead === null) return null;
  line.first += 1;
  if (line.first === line.leads.length) Object.assign(line, fifo());
  return lead;
}

/** As the base stands: who is due again comes before who was never tried. */
export function createListLine(): LeadLine {
  const [due, fresh] = [fifo(), fifo()];
  return {
    addFresh: (lead) => void fresh.leads.push(lead),
    addDue: (lead) => void due.leads.push(lead),
    next: () => shift(due) ?? shift(fresh),
    heard: () => undefined,
    empty: () => due.leads.length + fresh.leads.length === 0,
  };
}

/** How often the shares are worked out again, as the dialer does. */
export const SHARES_AGE_MS = 60_000;

/**
 * Those first in whose local hour the base answers best, by the calls of this run so far. Leads of the same zones are alike
 * to it, so it sees the whole base where the dialer looks at a sample.
 */
export function createBestHourLine(zonesOf: (lead: number) => readonly string[]): LeadLine {
  const lines = new Map<string, { readonly zones: readonly string[]; readonly list: LeadLine }>();
  const attempts = new Float64Array(WEEK_HOURS);
  const answered = new Float64Array(WEEK_HOURS);
  let shares: AnswerShares = answerShares([]);
  let sharesAt = -Infinity;
  const lineOf = (lead: number): LeadLine => {
    const zones = zonesOf(lead);
    const known = lines.get(zones.join()) ?? { zones, list: createListLine() };
    lines.set(zones.join(), known);
    return known.list;
  };
  return {
    addFresh: (lead) => lineOf(lead).addFresh(lead),
    addDue: (lead) => lineOf(lead).addDue(lead),
    next(now) {
      if (now - sharesAt >= SHARES_AGE_MS) {
        sharesAt = now;
        shares = answerShares(
          Array.from(attempts, (tried, hour) => ({ hour, attempts: tried, answered: answered[hour] ?? 0 })),
        );
      }
      let [best, most]: [LeadLine | null, number] = [null, -1];
      for (const { zones, list } of lines.values()) {
        if (list.empty()) continue;
        const share = preference(shares, zones, now);
        if (share > most) [best, most] = [list, share];
      }
      return best === null ? null : best.next(now);
    },
    heard(lead, placedAt, disposition) {
      const [hour, answer] = [weekHour(zonesOf(lead), placedAt), answeredBy(disposition)];
      if (hour === null || answer === null) return;
      attempts[hour] = (attempts[hour] ?? 0) + 1;
      if (answer) answered[hour] = (answered[hour] ?? 0) + 1;
    },
    empty: () => [...lines.values()].every(({ list }) => list.empty()),
  };
}
