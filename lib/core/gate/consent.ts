import type { DialMode, Purpose } from '../campaign.ts';
import type { ConsentChannel, ConsentFact, ConsentKind, GateFacts } from '../facts.ts';
import type { Policy } from '../policy.ts';
import { byVocabulary, CONSENT_CODES, finding, type Finding } from '../verdict.ts';
import type { Check } from './question.ts';
import { when } from './when.ts';

/** For each kind the matrix cell needs, the consent that covers it. */
export interface ConsentSearch {
  readonly needs: readonly ConsentKind[];
  /** In the order of `needs`; null where none covers. */
  readonly ids: readonly (number | null)[];
  /** What the nearest consent of each kind not covered lacks. */
  readonly misses: readonly Finding[];
}

const DAY_MS = 86_400_000;

/** Looks for the best consent of each kind needed. */
export function searchConsent(
  facts: GateFacts,
  policy: Policy,
  purpose: Purpose,
  needs: readonly ConsentKind[],
  now: number,
): ConsentSearch {
  const found = needs.map((kind) => bestOf(kind, facts, policy, purpose, now));
  const misses = found.flatMap(({ defects }) => defects);
  return { needs, ids: found.map(({ id }) => id), misses: misses.filter(firstOfItsCode).sort(byVocabulary) };
}

function firstOfItsCode(miss: Finding, index: number, all: readonly Finding[]): boolean {
  return all.findIndex(({ code }) => code === miss.code) === index;
}

function bestOf(
  kind: ConsentKind,
  facts: GateFacts,
  policy: Policy,
  purpose: Purpose,
  now: number,
): { id: number | null; defects: readonly Finding[] } {
  const [best] = facts.consents
    .filter((consent) => consent.kinds.includes(kind))
    .map((consent) => ({ consent, defects: defectsOf(consent, kind, facts, policy, purpose, now) }))
    .sort(
      (a, b) =>
        a.defects.length - b.defects.length || b.consent.givenAt - a.consent.givenAt || b.consent.id - a.consent.id,
    );
  if (best === undefined) {
    return { id: null, defects: [finding('CONSENT_MISSING', `no consent of kind ${kind} on record`)] };
  }
  return { id: best.defects.length === 0 ? best.consent.id : null, defects: best.defects };
}

function channelOf(mode: DialMode): ConsentChannel {
  return mode === 'robot' ? 'robot' : 'call';
}

function covers(consent: ConsentFact, entity: string, purpose: Purpose): boolean {
  return consent.entities.includes(entity) && (consent.purposes.length === 0 || consent.purposes.includes(purpose));
}

function defectsOf(
  consent: ConsentFact,
  kind: ConsentKind,
  { consents, campaign, reassignedAt }: GateFacts,
  policy: Policy,
  purpose: Purpose,
  now: number,
): Finding[] {
  const rule = policy.consent[kind];
  const name = `consent ${consent.id} (${kind})`;
  const defects: Finding[] = [];
  if (!consent.entities.includes(campaign.entity)) {
    defects.push(finding('CONSENT_SCOPE_ENTITY', `${name} does not name ИНН ${campaign.entity}`));
  }
  if (consent.purposes.length > 0 && !consent.purposes.includes(purpose)) {
    defects.push(finding('CONSENT_SCOPE_PURPOSE', `${name} is for ${consent.purposes.join(', ')}`));
  }
  // Consent to processing says what may be done with the data, not by which channel the person is reached.
  const channel = channelOf(campaign.mode);
  if (kind !== 'PD' && consent.channels.length > 0 && !consent.channels.includes(channel)) {
    defects.push(finding('CONSENT_SCOPE_CHANNEL', `${name} is for ${consent.channels.join(', ')}, not for ${channel}`));
  }
  if (consent.givenAt > now) {
    defects.push(finding('CONSENT_POSTDATED', `${name} is dated ${when(consent.givenAt)}`));
  }
  // A person withdraws consent, not a row: an older row of the same kind for the same caller falls with it.
  const withdrawal = consents.find(
    (other) =>
      other.withdrawnAt !== null &&
      other.withdrawnAt <= now &&
      (other.id === consent.id ||
        (other.withdrawnAt >= consent.givenAt &&
          other.kinds.includes(kind) &&
          covers(other, campaign.entity, purpose))),
  );
  if (withdrawal !== undefined) {
    defects.push(finding('CONSENT_WITHDRAWN', `${name} was withdrawn on ${when(withdrawal.withdrawnAt ?? now)}`));
  }
  const tooOldAt = rule.maxAgeDays === null ? Infinity : consent.givenAt + rule.maxAgeDays * DAY_MS;
  const endsAt = Math.min(consent.expiresAt ?? Infinity, tooOldAt);
  if (now >= endsAt) defects.push(finding('CONSENT_EXPIRED', `${name} ended on ${when(endsAt)}`));
  if (reassignedAt !== null && reassignedAt > consent.givenAt) {
    const changed = `the number passed to another person on ${when(reassignedAt)}`;
    defects.push(finding('CONSENT_SUBSCRIBER_CHANGED', `${name} is of ${when(consent.givenAt)}; ${changed}`));
  }
  if (rule.verified && !consent.verifiedBy) {
    defects.push(finding('CONSENT_UNVERIFIED', `${name} does not say how the person was verified`));
  }
  if (rule.evidence && !consent.evidence) {
    defects.push(finding('CONSENT_EVIDENCE_MISSING', `${name} does not say where its proof is kept`));
  }
  return defects;
}

/** Consents the matrix cell needs. */
export const consentChecks: readonly Check[] = [
  {
    name: 'consent covers the call',
    codes: CONSENT_CODES,
    find: ({ consent }) => consent?.misses ?? [],
    say({ consent }) {
      if (consent === null) return 'not asked: the purpose is closed in this mode';
      if (consent.needs.length === 0) return 'none is needed';
      return consent.needs.map((kind, i) => `${kind}: ${consent.ids[i] ?? 'none'}`).join(', ');
    },
  },
];
