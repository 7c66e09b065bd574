import type { AttemptId } from '../core/attempt.ts';
import { callbackTable, deferred, type AfterLapse, type CallbackEvent, type CallbackState } from '../core/callback.ts';
import type { CampaignState } from '../core/campaign.ts';
import type { GateFacts } from '../core/facts.ts';
import { decide, storeUnavailable } from '../core/gate.ts';
import { messageOf } from '../errors.ts';
import type { Verdict } from '../core/verdict.ts';
import { leadTable, type LeadEvent, type LeadState } from '../core/lead.ts';
import { numberRefusal } from '../core/gate/of-number.ts';
import { step } from '../core/machine.ts';
import { phoneFromInteger, phoneToInteger } from '../core/phone.ts';
import type { Policy } from '../core/policy.ts';
import { inTurn, openPlaces } from '../core/retry.ts';
import { campaignStop, type CampaignStop } from '../core/campaign-wide.ts';
import { createAbandonment, type Abandonment } from './abandonment.ts';
import type { CallbackPatch, CallbackRow, createCallbacks } from './callbacks.ts';
import { withinCaps } from './caps.ts';
import { byDebtor, createRehearsal } from './gate-rehearsal.ts';
import type { Fence } from './epoch.ts';
import { operatorOf, type createFactReader, type GateCampaign, type GateMoment } from './facts.ts';
import type { createJournal } from './journal.ts';
import type { createLedger } from './ledger.ts';
import type { createPolicies } from './policies.ts';
import { moveOn, type LeadQueue } from './lead-queue.ts';
import type { createLeads, LeadPatch, LeadRow } from './leads.ts';
import { isUnavailable, type Db } from './open.ts';
import type { LedgerBody } from './verdicts.ts';
import { mintPermit, type PermittedAttempt } from './permits.ts';

/** What the gate is asked: how many calls are wanted, and how many leads may be looked at for them. */
export interface GateRequest {
  readonly campaign: Omit<GateCampaign, 'state'>;
  /** Where leads are taken from; calls allowed move its mix on. */
  readonly queue: LeadQueue;
  readonly trunk: string;
  readonly ringTimeoutMs: number;
  readonly policy: Policy;
  readonly now: number;
  /** The same moment by the clock that never jumps. */
  readonly monotonic: number;
  readonly want: number;
  /** Of the calls wanted, so many have a free agent each; past them a call may be abandoned. */
  readonly covered: number;
  /** When the wall clock last jumped; null: not lately. */
  readonly clockJumpedAt: number | null;
  /** Leads looked at in one transaction; bounds how long the event loop is held. */
  readonly budget: number;
  /** The callback to be kept, and its lead on the number to be called, though it is in no queue; absent: those ready. */
  readonly promised?: { readonly callback: CallbackRow; readonly lead: LeadRow; readonly lapse: AfterLapse };
  /** Written in the same transaction, once it is known which attempts there are. */
  readonly alongside?: (attempts: readonly AttemptId[]) => void;
}

export interface GateAnswer {
  readonly allowed: readonly { readonly lead: LeadRow; readonly permitted: PermittedAttempt }[];
  readonly refused: readonly { readonly lead: LeadRow; readonly verdict: Verdict }[];
  /** The last refusal was the campaign's, not a lead's: what it must do. */
  readonly stop: CampaignStop | null;
  /** Fewer calls than wanted, and all leads ready now were looked at. */
  readonly baseExhausted: boolean;
}

/** What the transaction did, before its permits are minted. */
type Outcome = Omit<GateAnswer, 'allowed'> & {
  readonly allowed: readonly { readonly lead: LeadRow; readonly attempt: AttemptId }[];
};

/** What one lead came to. */
type Looked = Outcome['allowed'][number] | GateAnswer['refused'][number] | { readonly stop: CampaignStop };

/** A DEFER that names no time is asked again after this. */
const ASK_AGAIN_MS = 60_000;

const LEAD_EVENT = { DENY: 'denied', HOLD: 'held', DEFER: 'deferred', ALLOW: 'dialed' } as const satisfies Record<
  Verdict['verdict'],
  LeadEvent
>;

/**
 * The gate in its place: facts, verdict and attempt in one immediate transaction, and no promise inside. Nothing else
 * mints a permit, so no originate escapes it.
 */
export function createGate(
  db: Db,
  rooms: {
    factsFor: ReturnType<typeof createFactReader>;
    leads: ReturnType<typeof createLeads>;
    journal: ReturnType<typeof createJournal>;
    ledger: ReturnType<typeof createLedger>;
    policies: ReturnType<typeof createPolicies>;
    callbacks: ReturnType<typeof createCallbacks>;
    fence: Fence;
  },
  newAttemptId: (now: number) => AttemptId,
  writing: <T>(write: () => T) => T = (write) => write(),
) {
  const { factsFor, leads, journal, ledger, policies, callbacks, fence } = rooms;
  const abandonmentOf = createAbandonment(db);
  const stateOf = db.prepare<[number], CampaignState>('SELECT state FROM campaigns WHERE id = ?').pluck();
  const insertAttempt = db.prepare(
    `INSERT INTO attempts (id, campaign, lead, verdict, phone, person, operator, caller, trunk, ring_limit_ms, state, callback, planned_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'planned', ?, ?)`,
  );

  function moveLead(lead: LeadRow, event: LeadEvent, patch: LeadPatch, now: number): void {
    const move = step<LeadState, LeadEvent>(leadTable, lead.state, event);
    if (!move.ok) throw new Error(`lead ${lead.id} is ${lead.state}: ${event} has no move`);
    leads.setState(lead.id, move.to, patch, now);
    journal.write({
      at: now,
      subject: 'lead',
      id: String(lead.id),
      event,
      from: move.from,
      to: move.to,
      ...(patch.reason === undefined ? {} : { data: { code: patch.reason } }),
    });
  }

  function moveCallback(
    { id, state }: CallbackRow,
    event: CallbackEvent,
    patch: CallbackPatch,
    data: Readonly<Record<string, unknown>>,
    now: number,
  ): void {
    const move = step<CallbackState, CallbackEvent>(callbackTable, state, event);
    if (!move.ok) throw new Error(`callback ${id} is ${state}: ${event} has no move`);
    callbacks.setState(id, move.to, patch, now);
    journal.write({ at: now, subject: 'callback', id: String(id), event, from: move.from, to: move.to, data });
  }

  /** Everything the verdict rests on: the burden of proof is the caller's. */
  function recordVerdict(facts: GateFacts, { campaign, now }: GateRequest, lead: LeadRow, verdict: Verdict): number {
    const { evidence } = verdict;
    return ledger.append(lead.phone, {
      at: now,
      campaign: campaign.id,
      lead: lead.id,
      caller: campaign.caller === null ? null : phoneToInteger(campaign.caller),
      purpose: campaign.purpose,
      mode: campaign.mode,
      entity: campaign.entity,
      verdict: verdict.verdict,
      code: verdict.primary,
      codes: verdict.findings.map((finding) => finding.code),
      notBefore: verdict.notBefore,
      policy: evidence.policy,
      consents: evidence.consentIds,
      registration: evidence.registrationId,
      label: evidence.label,
      refusal: facts.refusal?.state ?? null,
      operator: operatorOf(facts.range),
      zone: evidence.zone,
      personalData: evidence.personalData,
      dnc: evidence.dnc,
      opinion: evidence.opinion,
      history: facts.history,
    } satisfies Omit<LedgerBody, 'subject'>);
  }

  /** The lead on its next open number, when the refusal is of this one alone; this one is closed for it. */
  function otherNumber({ maxAttemptsPerNumber }: GateCampaign, lead: LeadRow, verdict: Verdict): LeadRow | null {
    const why = numberRefusal(verdict);
    if (why === null) return null;
    const numbers = leads.numbersOf(lead.id);
    const [place] = inTurn(openPlaces(numbers, maxAttemptsPerNumber), lead.place);
    const next = numbers.find((number) => number.place === place);
    if (next === undefined || next.place === lead.place) return null;
    leads.turnTo(lead, next.place, why);
    return { ...lead, place: next.place, phone: next.phone };
  }

  /** One lead before the gate: the attempt when it may be called, or why not. */
  function look(request: GateRequest, campaign: GateCampaign, lead: LeadRow, moment: GateMoment): Looked {
    const { now } = request;
    const facts = factsFor(campaign, lead, moment);
    const verdict = decide(facts, request.policy, now);
    const verdictId = recordVerdict(facts, request, lead, verdict);
    if (verdict.verdict === 'ALLOW' && campaign.caller !== null) {
      const attempt = newAttemptId(now);
      insertAttempt.run(
        attempt,
        campaign.id,
        lead.id,
        verdictId,
        lead.phone,
        lead.person,
        operatorOf(facts.range),
        phoneToInteger(campaign.caller),
        request.trunk,
        request.ringTimeoutMs,
        request.promised?.callback.id ?? null,
        now,
      );
      moveLead(lead, LEAD_EVENT.ALLOW, {}, now);
      if (request.promised !== undefined)
        moveCallback(request.promised.callback, 'dialed', { place: lead.place }, { attempt }, now);
      return { lead, attempt };
    }
    const stop = campaignStop(verdict, now);
    if (stop !== null) return { stop };
    const other = request.promised?.callback.named === 1 ? null : otherNumber(campaign, lead, verdict);
    if (other !== null) return look(request, campaign, other, moment);
    // Later than now in any case: who was looked at is not ready any more.
    const nextAt = verdict.verdict === 'DEFER' ? Math.max(now + 1, verdict.notBefore ?? now + ASK_AGAIN_MS) : null;
    const reason = verdict.primary;
    if (request.promised === undefined) {
      moveLead(lead, LEAD_EVENT[verdict.verdict], { reason, nextAt }, now);
      return { lead, verdict };
    }
    // A promised lead stays so until its callback ends: the time is the callback's.
    const { callback, lapse } = request.promised;
    const found = nextAt === null ? null : deferred(callback, nextAt);
    const moved = found === null ? null : { ...found, place: lead.place };
    const data = { code: reason, ...(nextAt === null ? {} : { until: nextAt }) };
    if (moved !== null) moveCallback(callback, 'deferred', moved, data, now);
    else moveCallback(callback, 'lapsed', {}, data, now);
    if (moved === null && nextAt !== null) {
      // The number it was promised on may have been closed just now.
      const place = lead.place === request.promised.lead.place && lapse.event === 'released' ? lapse.place : lead.place;
      if (lapse.event === 'released') moveLead(lead, 'retry', { reason, nextAt, place }, now);
      else moveLead(lead, lapse.event, {}, now);
    } else moveLead(lead, LEAD_EVENT[verdict.verdict], { reason }, now);
    return { lead, verdict };
  }

  function run(request: GateRequest): Outcome {
    const { now, want, budget, queue } = request;
    const campaign: GateCampaign = { ...request.campaign, state: stateOf.get(request.campaign.id) ?? 'stopped' };
    const allowed: { lead: LeadRow; attempt: AttemptId }[] = [];
    const refused: { lead: LeadRow; verdict: Verdict }[] = [];
    const abandonment = abandonmentOf(campaign.id, request.policy, now);
    if (request.promised !== undefined) {
      policies.keep(request.policy, now);
      const found = look(request, campaign, request.promised.lead, momentOf(request, abandonment, 0));
      if ('attempt' in found) allowed.push(found);
      else if ('verdict' in found) refused.push(found);
      return { allowed, refused, stop: 'stop' in found ? found.stop : null, baseExhausted: false };
    }
    let looked = 0;
    while (allowed.length < want && looked < budget) {
      // As many as are wanted; twice as many each time the gate refused them all.
      const asked = Math.min(budget - looked, Math.max(want - allowed.length, looked));
      const ready = leads.ready(campaign.id, now, asked, queue);
      if (ready.length > 0) policies.keep(request.policy, now);
      for (const lead of ready) {
        if (allowed.length === want) break;
        looked += 1;
        const open = withinCaps(lead, campaign, leads.numbersOf);
        if (open === null) {
          moveLead(lead, 'exhausted', {}, now);
          continue;
        }
        if (open.place !== lead.place) leads.turnTo(lead, open.place, null);
        const found = look(request, campaign, open, momentOf(request, abandonment, allowed.length));
        if ('attempt' in found) {
          allowed.push(found);
          moveOn(queue, lead.segment);
        } else if ('stop' in found) return { allowed, refused, stop: found.stop, baseExhausted: false };
        else refused.push(found);
      }
      if (allowed.length < want && ready.length < asked) return { allowed, refused, stop: null, baseExhausted: true };
    }
    return { allowed, refused, stop: null, baseExhausted: false };
  }

  /** Whether the question has its answer, and only its commit is left. */
  let answered = false;
  const commit = db.transaction((request: GateRequest): Outcome => {
    answered = false;
    fence.check();
    const outcome = run(request);
    if (outcome.allowed.length > 0) request.alongside?.(outcome.allowed.map(({ attempt }) => attempt));
    answered = true;
    return outcome;
  });

  /**
   * Rolled back, the question was never asked: nothing was acted upon yet, so it may be asked again. A commit that failed
   * may still be committed, its attempts with it: only a restart is safe.
   */
  function runOrRest(request: GateRequest): Outcome {
    answered = false;
    try {
      return writing(() => commit.immediate(request));
    } catch (error) {
      if (answered || !isUnavailable(error)) throw error;
      const verdict = storeUnavailable(request.policy, request.now, messageOf(error));
      return { allowed: [], refused: [], stop: campaignStop(verdict, request.now), baseExhausted: false };
    }
  }

  return {
    /**
     * Asks for up to `want` calls; what it returns is committed. A database that cannot be used gives a rest and no
     * permit; any other error of it is thrown. Call it outside any transaction.
     */
    ask(request: GateRequest): GateAnswer {
      const { allowed, ...rest } = runOrRest(request);
      policies.committed(request.policy);
      const { caller } = request.campaign;
      return {
        ...rest,
        allowed: allowed.map(({ lead, attempt }) => {
          if (caller === null) throw new Error('an ALLOW without a caller number');
          return {
            lead,
            permitted: mintPermit({
              attempt,
              phone: phoneFromInteger(lead.phone),
              caller,
              trunk: request.trunk,
              ringTimeoutMs: request.ringTimeoutMs,
              allowedAt: request.now,
              allowedAtMonotonic: request.monotonic,
            }),
          };
        }),
      };
    },

    ...createRehearsal({ factsFor, leads, abandonmentOf }),
  };
}

function momentOf(
  { now, clockJumpedAt, covered, policy, campaign }: GateRequest,
  abandonment: Abandonment,
  placed: number,
): GateMoment {
  return { now, clockJumpedAt, covered: placed < covered, abandonment, byDebtor: byDebtor(policy, campaign) };
}
