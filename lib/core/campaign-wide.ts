import { primaryOf, type Code, type Finding, type Verdict } from './verdict.ts';

/**
 * What a refusal that is not one lead's asks of the campaign; its leads stay as they are. `halt`: until a person resumes
 * it. `rest`: until a time. `covered-only`: until then, no more calls than free agents.
 */
export interface CampaignStop {
  readonly kind: 'halt' | 'rest' | 'covered-only';
  readonly code: Code;
  readonly detail: string;
  /** Epoch ms; null for a halt. */
  readonly until: number | null;
}

/** A rest is over after this at the latest: the gate is asked again, because what stopped it may have been mended. */
const LONGEST_REST_MS = 60_000;

/** Reads a verdict's primary finding; null when the lead alone is refused, or nothing. */
export function campaignStop(verdict: Verdict, now: number): CampaignStop | null {
  const found = primaryOf(verdict.findings);
  return found === null || found.reach === 'lead' ? null : stopOf(found, now);
}

/** The first finding that would halt the campaign, whatever else stops this lead; null when there is none. */
export function haltingFinding(verdict: Verdict): Finding | null {
  return primaryOf(verdict.findings.filter(({ reach, severity }) => reach === 'campaign' && severity !== 'DEFER'));
}

function stopOf({ code, severity, reach, detail, notBefore }: Finding, now: number): CampaignStop {
  if (severity !== 'DEFER') return { kind: 'halt', code, detail, until: null };
  const until = Math.min(notBefore ?? Infinity, now + LONGEST_REST_MS);
  return { kind: reach === 'uncovered' ? 'covered-only' : 'rest', code, detail, until };
}
