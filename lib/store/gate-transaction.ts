import type { AttemptId } from '../core/attempt.ts';
import type { CampaignState } from '../core/campaign.ts';
import { decide } from '../core/gate.ts';
import type { Verdict } from '../core/verdict.ts';
import { leadTable, type LeadEvent, type LeadState } from '../core/lead.ts';
import { step } from '../core/machine.ts';
import { phoneFromInteger, phoneToInteger } from '../core/phone.ts';
import type { Policy } from '../core/policy.ts';
import { isCampaignWide } from '../core/campaign-wide.ts';
import type { createFactReader, GateCampaign } from './facts.ts';
import type { createJournal } from './journal.ts';
import type { createLeads, LeadPatch, LeadRow } from './leads.ts';
import type { Db } from './open.ts';
import { mintPermit, type PermittedAttempt } from './permits.ts';

/** What the gate is asked: how many calls are wanted, and how many leads may be looked at for them. */
export interface GateRequest {
  readonly campaign: Omit<GateCampaign, 'state'>;
  readonly trunk: string;
  readonly ringTimeoutMs: number;
  readonly policy: Policy;
  readonly now: number;
  readonly want: number;
  /** Leads looked at in one transaction; bounds how long the event loop is held. */
  readonly budget: number;
}

export interface GateAnswer {
  readonly allowed: readonly { readonly lead: LeadRow; readonly permitted: PermittedAttempt }[];
  readonly refused: readonly { readonly lead: LeadRow; readonly verdict: Verdict }[];
  /** The refusal is the campaign's, not a lead's: dialing must halt, the leads stay as they are. */
  readonly campaignWide: Verdict | null;
  /** Leads ready now were all looked at. */
  readonly baseExhausted: boolean;
}

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
  },
  newAttemptId: (now: number) => AttemptId,
) {
  const { factsFor, leads, journal } = rooms;
  const stateOf = db.prepare<[number], CampaignState>('SELECT state FROM campaigns WHERE id = ?').pluck();
  const insertVerdict = db.prepare(
    `INSERT INTO verdicts (at, campaign, lead, phone, caller, verdict, code, codes, not_before, policy_id, policy_version,
       policy_hash, consent, registration, label, zone)
     VALUES (@at, @campaign, @lead, @phone, @caller, @verdict, @code, @codes, @notBefore, @policyId, @policyVersion,
       @policyHash, @consent, @registration, @label, @zone)`,
  );
  const insertAttempt = db.prepare(
    `INSERT INTO attempts (id, campaign, lead, verdict, phone, caller, trunk, ring_limit_ms, state, planned_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'planned', ?)`,
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

  function recordVerdict(request: GateRequest, lead: LeadRow, verdict: Verdict): number {
    const { lastInsertRowid } = insertVerdict.run({
      at: request.now,
      campaign: request.campaign.id,
      lead: lead.id,
      phone: lead.phone,
      caller: request.campaign.caller === null ? null : phoneToInteger(request.campaign.caller),
      verdict: verdict.verdict,
      code: verdict.primary,
      codes: JSON.stringify(verdict.findings.map((finding) => finding.code)),
      notBefore: verdict.notBefore,
      policyId: verdict.evidence.policy.id,
      policyVersion: verdict.evidence.policy.version,
      policyHash: verdict.evidence.policy.hash,
      consent: verdict.evidence.consentId,
      registration: verdict.evidence.registrationId,
      label: verdict.evidence.label,
      zone: JSON.stringify(verdict.evidence.zone),
    });
    return Number(lastInsertRowid);
  }

  const run = db.transaction((request: GateRequest) => {
    const { campaign, now, policy } = request;
    const gated: GateCampaign = { ...campaign, state: stateOf.get(campaign.id) ?? 'stopped' };
    const allowed: { lead: LeadRow; attempt: AttemptId }[] = [];
    const refused: { lead: LeadRow; verdict: Verdict }[] = [];
    const ready = leads.ready(campaign.id, now, request.budget);
    let looked = 0;
    for (const lead of ready) {
      if (allowed.length === request.want) break;
      looked += 1;
      const verdict = decide(factsFor(gated, lead, now), policy, now);
      const verdictId = recordVerdict(request, lead, verdict);
      if (verdict.verdict === 'ALLOW' && campaign.caller !== null) {
        const attempt = newAttemptId(now);
        insertAttempt.run(
          attempt,
          campaign.id,
          lead.id,
          verdictId,
          lead.phone,
          phoneToInteger(campaign.caller),
          request.trunk,
          request.ringTimeoutMs,
          now,
        );
        moveLead(lead, LEAD_EVENT.ALLOW, {}, now);
        allowed.push({ lead, attempt });
        continue;
      }
      if (verdict.primary !== null && isCampaignWide(verdict.primary)) {
        return { allowed, refused, campaignWide: verdict, baseExhausted: false };
      }
      const nextAt = verdict.verdict === 'DEFER' ? (verdict.notBefore ?? now + ASK_AGAIN_MS) : null;
      moveLead(lead, LEAD_EVENT[verdict.verdict], { reason: verdict.primary, nextAt }, now);
      refused.push({ lead, verdict });
    }
    const baseExhausted = looked === ready.length && ready.length < request.budget;
    return { allowed, refused, campaignWide: null, baseExhausted };
  });

  return {
    /** Asks for up to `want` calls; what it returns is committed. */
    ask(request: GateRequest): GateAnswer {
      const { allowed, ...rest } = run.immediate(request);
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
            }),
          };
        }),
      };
    },

    /** What the gate would say of one call; nothing is written. */
    verdictOn: (
      campaign: GateCampaign,
      lead: Pick<LeadRow, 'phone' | 'zone' | 'region'>,
      policy: Policy,
      now: number,
    ) => decide(factsFor(campaign, lead, now), policy, now),

    /** What the gate would say of the leads ready now, counted by code; nothing is written. */
    census(
      campaign: GateCampaign,
      policy: Policy,
      now: number,
      limit: number,
    ): { looked: number; allowed: number; byCode: Record<string, number> } {
      const byCode: Record<string, number> = {};
      let allowed = 0;
      const ready = leads.ready(campaign.id, now, limit);
      for (const lead of ready) {
        const verdict = decide(factsFor(campaign, lead, now), policy, now);
        if (verdict.primary === null) allowed += 1;
        else byCode[verdict.primary] = (byCode[verdict.primary] ?? 0) + 1;
      }
      return { looked: ready.length, allowed, byCode };
    },
  };
}
