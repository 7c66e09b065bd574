import { isInbound } from '../core/caller.ts';
import { isCharged } from '../core/charges.ts';
import { step } from '../core/machine.ts';
import { leadTable, type LeadEvent, type LeadState } from '../core/lead.ts';
import { OPT_OUT_CODE, optOutReaches } from '../core/opt-out.ts';
import type { Disposition } from '../core/outcome.ts';
import { phoneFromInteger, phoneToInteger } from '../core/phone.ts';
import { afterAttempt, type Fired, type NextStep } from '../core/retry.ts';
import { campaignHours } from '../campaign-file.ts';
import type { LeadNumber, LeadPatch, LeadRow } from '../store/leads.ts';
import type { OptOutRow } from '../store/opt-outs.ts';
import { dropCallback, settleCallback, writeCallback } from './callback-moves.ts';
import type { AttemptRun, CampaignRun, Floor } from './floor.ts';
import { move } from './move.ts';
import { settleResult, type Talk } from './result-moves.ts';

/** The lead's next step after an attempt, in the transaction that gives the attempt its outcome. */
export function settleLead(floor: Floor, run: AttemptRun, disposition: Disposition): void {
  const lead = floor.store.leads.byId(run.lead);
  if (lead === undefined) return;
  const { spec } = run.campaign;
  const numbers = floor.store.leads.numbersOf(lead.id);
  const place = numbers.find(({ phone }) => phone === phoneToInteger(run.phone))?.place ?? lead.place;
  const charged = isCharged(disposition, 'lead') ? { place } : null;
  const closed = closedBy(floor, run.campaign, lead, numbers);
  if (closed !== null) {
    moveLead(floor, lead.id, lead.state, 'opted-out', { charged, disposition, reason: closed });
    return;
  }
  const next = nextStep(floor, run, lead, numbers, place, disposition);
  const { tried } = next;
  const made = charged === null ? 0 : 1;
  const onNumber = numbers.find((number) => number.place === place)?.attempts ?? 0;
  const attemptsLeft =
    lead.attempts + made < spec.maxAttemptsPerLead && onNumber + made < (spec.maxAttemptsPerNumber ?? Infinity);
  // What charged nothing used nothing up: a promise made past the caps is kept.
  const callback = settleCallback(floor, run, disposition, attemptsLeft || charged === null);
  if (callback !== null) {
    const event = callback === 'promised' ? 'promised' : 'resolved';
    moveLead(floor, lead.id, lead.state, event, { charged, disposition, tried });
    return;
  }
  const said = settleResult(floor, run, { numbers, place, attemptsLeft });
  if (said === null) take(floor, run, lead, place, next, { charged, disposition });
  else moveLead(floor, lead.id, lead.state, said.event, { ...said.patch, charged, disposition, tried });
}

/** The lead's next step by a result that came after the end of its last call, which was charged then. */
export function followResult(floor: Floor, talk: Talk): void {
  const lead = floor.store.leads.byId(talk.lead);
  if (lead === undefined) return;
  const numbers = floor.store.leads.numbersOf(lead.id);
  const place = numbers.find(({ phone }) => phone === phoneToInteger(talk.phone))?.place ?? lead.place;
  const attemptsLeft = lead.attempts < talk.campaign.spec.maxAttemptsPerLead;
  // Where it is already, or nothing can move it, there is nothing to do.
  const moves = (event: LeadEvent): boolean => step<LeadState, LeadEvent>(leadTable, lead.state, event).ok;
  const said = settleResult(floor, talk, { numbers, place, attemptsLeft });
  if (said === null) {
    // A machine that called us was no call of ours.
    if (isInbound(talk.id)) return;
    const before = { ...lead, attempts: Math.max(0, lead.attempts - 1) };
    const uncharged = numbers.map((one) =>
      one.place === place ? { ...one, attempts: Math.max(0, one.attempts - 1) } : one,
    );
    const next = nextStep(floor, talk, before, uncharged, place, 'machine');
    if (moves(next.event)) take(floor, talk, lead, place, next, {});
  } else if (moves(said.event)) {
    moveLead(floor, lead.id, lead.state, said.event, said.patch);
  }
}

/** Moves the lead as the rules say. */
function take(floor: Floor, talk: Talk, lead: LeadRow, place: number, next: NextStep, more: LeadPatch): void {
  moveLead(floor, lead.id, lead.state, next.event, {
    nextAt: next.event === 'promised' ? null : next.nextAt,
    place: next.place,
    closes: next.closes === null ? null : { place, why: next.closes },
    fired: next.fired,
    tried: next.tried,
    ...more,
  });
  if (next.event === 'promised' && next.nextAt !== null) {
    const owed = { kind: 'abandoned', dueAt: next.nextAt, source: talk.id, place: next.place } as const;
    writeCallback(floor, talk.campaign, lead, owed);
  }
}

function nextStep(
  floor: Floor,
  { campaign, plannedAt }: Talk,
  lead: LeadRow,
  numbers: readonly LeadNumber[],
  place: number,
  disposition: Disposition,
): NextStep {
  const { spec, policy } = campaign;
  const asked = { purpose: spec.purpose, hours: campaignHours(spec) };
  return afterAttempt(
    { disposition, placedAt: plannedAt, now: floor.clock.now() },
    { ...lead, place, numbers, fired: JSON.parse(lead.fired) as Fired },
    { rules: spec.retry, perLead: spec.maxAttemptsPerLead, perNumber: spec.maxAttemptsPerNumber ?? null },
    (at) => {
      const phone = numbers.find((number) => number.place === at)?.phone;
      return phone === undefined ? null : floor.store.hoursFor(asked, lead, phone, policy);
    },
  );
}

/** Why the lead is never called again, whatever its last attempt came to; null: nothing closes it. */
function closedBy(floor: Floor, campaign: CampaignRun, lead: LeadRow, numbers: readonly LeadNumber[]): string | null {
  // An erased person's lead has no number any more.
  if (lead.phone < 0) return 'OPT_OUT_ERASED';
  const optOut = standingOptOut(floor, numbers, campaign);
  return optOut === undefined ? null : OPT_OUT_CODE[optOut.scope];
}

/** The first opt-out of any of these numbers that stands against this campaign's calls. */
export function standingOptOut(
  floor: Floor,
  numbers: readonly Pick<LeadNumber, 'phone'>[],
  { spec }: CampaignRun,
): OptOutRow | undefined {
  const campaign = { entity: spec.entity.inn, purpose: spec.purpose };
  return numbers
    .flatMap(({ phone }) => floor.store.optOuts.of(phoneFromInteger(phone)))
    .find((one) => optOutReaches(one, campaign));
}

/** States in which a callback may stand for the lead. */
const MAY_BE_CALLED_BACK: ReadonlySet<LeadState> = new Set(['promised', 'dialing']);

/** Moves a lead by its table; the callback of one that no callback may dial any more is cancelled with it. */
export function moveLead(floor: Floor, id: number, state: LeadState, event: LeadEvent, patch: LeadPatch): void {
  move<LeadState, LeadEvent>(floor, {
    subject: 'lead',
    id: String(id),
    table: leadTable,
    state,
    event,
    store(to, now) {
      floor.store.leads.setState(id, to, patch, now);
      if (!MAY_BE_CALLED_BACK.has(to)) dropCallback(floor, id, patch.reason ?? event);
    },
  });
}
