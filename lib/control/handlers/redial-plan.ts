import { REDIAL_CODES } from '../../core/redial.ts';
import { numberRefusal } from '../../core/gate/of-number.ts';
import { inTurn, openPlaces } from '../../core/retry.ts';
import { CODES, type Verdict } from '../../core/verdict.ts';
import { gateCampaign } from '../../dialer/campaign-run.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { ObzvonError } from '../../errors.ts';
import { maskPhone } from '../../log.ts';
import type { LeadRow } from '../../store/leads.ts';
import type { RedialPlan, RedialReason } from '../results.ts';
import type { CallContext } from '../server.ts';
import { shownPhone, type Daemon } from './daemon.ts';
import { chooser, openNumbers, storedFacts } from './redial-choice.ts';
import { setImmediate as breath } from 'node:timers/promises';

/** How long the event loop is held before calls go on. */
const SLICE_MS = 4;
/** Ids looked through at once. */
const PAGE = 128;
/** Leads named in a plan. */
const NAMED = 100;

/** A plan and what it says of each lead. */
export interface PlannedLeads {
  readonly plan: RedialPlan;
  /** No lead of a higher id was there. */
  readonly lastLead: number;
  /** null: to be called; a code: not, and why. Of leads that are not the campaign's it says nothing. */
  readonly codeOf: (lead: number) => string | null;
}

/** Asks the choice and then the gate about every lead of a base, in slices; nothing is written. */
export async function planRedial(
  daemon: Daemon,
  campaign: CampaignRun,
  date: string,
  { signal }: Pick<CallContext, 'signal'>,
): Promise<PlannedLeads> {
  const { store, clock } = daemon;
  const now = clock.now();
  const choose = chooser(campaign, storedFacts(store, campaign), now);
  const asked = { ...gateCampaign(campaign), state: 'running' as const };
  const codes = new Map<number, string>();
  const tally = createTally();
  /** In the order the gate would turn to them: a pass begins with the first, a lead on its way with its own. */
  const numbersFor = (lead: LeadRow, anew: boolean): number[] => {
    const numbers = store.leads.numbersOf(lead.id);
    const places = anew
      ? openNumbers(campaign, numbers).map(({ place }) => place)
      : openPlaces(numbers, campaign.spec.maxAttemptsPerNumber ?? null);
    const inOrder = anew ? places : [lead.place, ...inTurn(places, lead.place).filter((place) => place !== lead.place)];
    return inOrder.flatMap((place) => numbers.find((number) => number.place === place)?.phone ?? []);
  };
  const look = (lead: LeadRow): void => {
    const choice = choose(lead);
    if (!choice.again) {
      codes.set(lead.id, choice.code);
      tally.not(lead, choice.code);
      return;
    }
    const verdict = verdictOn(numbersFor(lead, choice.how === 'anew'), (phone) =>
      store.gate.rehearse(asked, { ...lead, phone }, campaign.policy, now),
    );
    const due = choice.how === 'as-due' ? (lead.next_at ?? now) : now;
    if (verdict.primary === null) tally.called(due > now);
    else if (verdict.verdict === 'DEFER') tally.called(true);
    else {
      codes.set(lead.id, verdict.primary);
      tally.not(lead, verdict.primary);
    }
  };
  const lastLead = store.redials.lastLead();
  for (let after = 0; after < lastLead; ) {
    const until = clock.monotonic() + SLICE_MS;
    after = store.reading(() => {
      let at = after;
      do {
        for (const lead of store.redials.leads(campaign.id, at, at + PAGE)) look(lead);
        at += PAGE;
      } while (at < lastLead && clock.monotonic() < until);
      return at;
    });
    await breath();
    if (signal.aborted) throw new ObzvonError('DAEMON_NOT_RUNNING', 'the work was cut short: it can go on later');
  }
  const plan = { campaign: campaign.name, for: date, at: now, ...tally.result() };
  return { plan, lastLead, codeOf: (lead) => codes.get(lead) ?? null };
}

/** As the gate goes on to a lead's next number when it refuses one for a reason of that number alone. */
function verdictOn(phones: readonly number[], rehearse: (phone: number) => { readonly verdict: Verdict }): Verdict {
  const [phone, ...others] = phones;
  if (phone === undefined) throw new Error('a lead chosen for a pass has no number');
  const { verdict } = rehearse(phone);
  return others.length === 0 || numberRefusal(verdict) === null ? verdict : verdictOn(others, rehearse);
}

/** What a code of a plan or a deed means, as a sentence. */
export function titleOf(code: string): string {
  const known: Readonly<Record<string, { readonly title: string }>> = { ...REDIAL_CODES, ...CODES };
  return known[code]?.title ?? code;
}

/** Counts leads by code and names the first of them, a hundred in all. */
export function createReasons() {
  const reasons = new Map<string, { leads: number; first: { lead: number; phone: string }[] }>();
  let named = 0;
  return {
    add(code: string, lead: number, phone: number): void {
      const reason = reasons.get(code) ?? { leads: 0, first: [] };
      reason.leads += 1;
      if (named < NAMED) {
        named += 1;
        reason.first.push({ lead, phone: maskPhone(shownPhone(phone)) });
      }
      reasons.set(code, reason);
    },
    /** The largest first. */
    list: (): RedialReason[] =>
      [...reasons]
        .map(([code, { leads, first }]) => ({ code, title: titleOf(code), leads, first }))
        .sort((a, b) => b.leads - a.leads),
  };
}

function createTally() {
  const counts = { leads: 0, called: 0, waiting: 0 };
  const reasons = createReasons();
  return {
    called(later: boolean): void {
      counts.leads += 1;
      counts[later ? 'waiting' : 'called'] += 1;
    },
    not({ id, phone }: LeadRow, code: string): void {
      counts.leads += 1;
      reasons.add(code, id, phone);
    },
    result: () => ({
      ...counts,
      notCalled: reasons.list(),
      startsAt: null,
      order: [],
      forecast: null,
      sinceLast: null,
    }),
  };
}
