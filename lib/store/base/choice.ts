import type { LeadState } from '../../core/lead.ts';
import { redialChoice } from '../../core/redial.ts';
import { PLACED } from '../facts.ts';
import type { Db } from '../open.ts';
import type { BaseLeads, LeadGroup, StartWhom, Whom } from './leads.ts';
import type { BaseNumbers } from './numbers.ts';

const HOUR_MS = 3_600_000;

/** A pass that calls them forgets their attempts. */
export function isPutBack({ state }: Pick<LeadGroup, 'state'>): boolean {
  return state === 'done' || state === 'spent';
}

/** Nothing more will be done about them but by a new pass. */
export const FINAL: ReadonlySet<LeadState> = new Set(['done', 'spent', 'opted-out']);
/** Stopped by the gate until a start puts them before it again. */
const STOPPED: ReadonlySet<LeadState> = new Set(['blocked', 'held']);

/** Of leads of which their row says all: how they stand, or the code that stopped them. */
function recorded({ state, reason, segment }: LeadGroup, { releases, bars }: StartWhom): string | null {
  if (FINAL.has(state)) return 'final';
  if (state === 'dialing') return state;
  if (STOPPED.has(state) && !releases) return reason ?? state;
  return bars[segment] === undefined ? null : 'barred';
}

/**
 * Whether the gate is asked about a lead; a code: no, and why. A lead that a pass puts back is asked about on its first
 * number that is open again, which `phones` has from then on.
 */
export function createChooser(
  db: Db,
  leads: BaseLeads,
  numbers: BaseNumbers,
  campaign: number,
  whom: Whom,
  now: number,
): (slot: number) => string | null {
  const { groups, group } = leads;
  if (whom.kind === 'start') {
    const known = groups.map((one) => recorded(one, whom));
    return (slot) => known[group[slot] as number] ?? null;
  }
  const { rules, bars } = whom;
  let calledAt: ReadonlyMap<number, number> | null = null;
  const choiceOf = (slot: number): { readonly code: string | null; readonly alike: boolean } => {
    const of = groups[group[slot] as number] as LeadGroup;
    let alike = true;
    const choice = redialChoice(
      {
        ...of,
        barred: bars[isPutBack(of) ? of.anew : of.segment] ?? null,
        // What is asked besides the row is the lead's own.
        get lastCalledAt() {
          alike = false;
          calledAt ??= lastCalls(db, campaign, now - rules.notWithinH * HOUR_MS);
          return calledAt.get(leads.ids[slot] as number) ?? null;
        },
        get hasNumber() {
          alike = false;
          return numbers.firstOpen(slot) !== null;
        },
      },
      rules,
      now,
    );
    if (choice.again && choice.how === 'anew') leads.phones[slot] = numbers.firstOpen(slot) ?? NaN;
    return { code: choice.again ? null : choice.code, alike };
  };
  const known = new Map<number, string | null>();
  return (slot) => {
    const its = group[slot] as number;
    const same = known.get(its);
    if (same !== undefined) return same;
    const { code, alike } = choiceOf(slot);
    if (alike) known.set(its, code);
    return code;
  };
}

/** When a campaign called its leads last, any of their numbers, after a moment. */
function lastCalls(db: Db, campaign: number, after: number): ReadonlyMap<number, number> {
  const rows = db
    .prepare<[number, number], [lead: number, at: number]>(
      `SELECT n.lead, max(a.planned_at) FROM attempts AS a CROSS JOIN lead_numbers AS n
         ON n.phone = a.phone AND n.campaign = a.campaign
       WHERE a.campaign = ? AND a.planned_at > ? AND ${PLACED} GROUP BY n.lead`,
    )
    .raw()
    .all(campaign, after);
  return new Map(rows);
}
