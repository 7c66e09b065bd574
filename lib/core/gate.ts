import { nextOpening, openingsOf } from './calling-hours.ts';
import type { GateFacts, HistoryFact } from './facts.ts';
import { ceilingChecks } from './gate/ceilings.ts';
import { consentChecks } from './gate/consent.ts';
import { debtChecks } from './gate/debt.ts';
import { dncChecks } from './gate/dnc.ts';
import { frequencyChecks } from './gate/frequency.ts';
import { hoursChecks } from './gate/hours.ts';
import { mavChecks } from './gate/mav.ts';
import { modeChecks } from './gate/mode.ts';
import { numberChecks } from './gate/number.ts';
import { optOutChecks } from './gate/opt-out.ts';
import { personalDataChecks } from './gate/personal-data.ts';
import { question, type Check, type Question } from './gate/question.ts';
import { systemChecks } from './gate/system.ts';
import type { Policy } from './policy.ts';
import { campaignFinding, CODES, primaryOf, type Evidence, type Finding, type Verdict } from './verdict.ts';

/** Every check, in the order of the vocabulary; all of them run for each call. */
export const CHECKS: readonly Check[] = [
  ...systemChecks,
  ...ceilingChecks,
  ...numberChecks,
  ...optOutChecks,
  ...dncChecks,
  ...personalDataChecks,
  ...modeChecks,
  ...consentChecks,
  ...mavChecks,
  ...debtChecks,
  ...frequencyChecks,
  ...hoursChecks,
];

/** Whether this call may be placed now. Depends on its arguments alone. */
export function decide(facts: GateFacts, policy: Policy, now: number): Verdict {
  const asked = question(facts, policy, now);
  return judge(
    asked,
    CHECKS.flatMap((check) => check.find(asked)),
  );
}

/** The gate's answer without what it rests on. */
export type Answer = Pick<Verdict, 'verdict' | 'primary' | 'notBefore'>;

/** The gate asked about calls whose facts differ in their history alone. */
export interface Alike {
  /** As `decide` with this history. */
  answer(history: HistoryFact): Answer;
  /** The first moment from `at` on when the calling hours of these calls are open; `at` itself when they are. */
  readonly opens: (at: number) => number;
  /** Zones in all of which hours must be open; none where nobody asks. */
  readonly zones: readonly string[];
}

/** `decide` for many calls at once: what hangs on no history is asked once. */
export function decideAlike(facts: GateFacts, policy: Policy, now: number): Alike {
  const asked = question(facts, policy, now);
  const opens = asked.hoursRule === null ? (at: number) => at : openingsOf(asked.hoursRule);
  const lasting = CHECKS.filter((check) => !frequencyChecks.includes(check)).flatMap((check) => check.find(asked));
  return {
    answer(history) {
      const call = { ...asked, facts: { ...facts, history } };
      return answerOf(call, [...lasting, ...frequencyChecks.flatMap((check) => check.find(call))], opens);
    },
    opens,
    zones: asked.hoursRule?.zones ?? [],
  };
}

/** One check as `gate explain` prints it. */
export interface CheckLine {
  readonly name: string;
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** What was looked at, as a sentence. */
  readonly evidence: string;
  /** The acts it rests on. */
  readonly law: readonly string[];
}

/** The verdict with every check behind it, passed ones too. */
export interface Explanation {
  readonly verdict: Verdict;
  readonly checks: readonly CheckLine[];
}

/** The same decision, told check by check. */
export function explain(facts: GateFacts, policy: Policy, now: number): Explanation {
  const asked = question(facts, policy, now);
  const checks = CHECKS.map((check) => {
    const findings = check.find(asked);
    const relevant = findings.length > 0 ? findings.map((found) => found.code) : check.codes;
    return {
      name: check.name,
      ok: findings.length === 0,
      findings,
      evidence: check.say(asked),
      law: [...new Set(relevant.map((code) => CODES[code].law))],
    };
  });
  return {
    verdict: judge(
      asked,
      checks.flatMap((check) => check.findings),
    ),
    checks,
  };
}

/** A store that did not answer is asked again after this. */
const STORE_RETRY_MS = 10_000;

/** The verdict when the facts cannot be read or the verdict cannot be written: nobody is called. */
export function storeUnavailable(policy: Policy, now: number, why: string): Verdict {
  const notBefore = now + STORE_RETRY_MS;
  return {
    verdict: 'DEFER',
    primary: 'GATE_STORE_UNAVAILABLE',
    findings: [campaignFinding('GATE_STORE_UNAVAILABLE', why, notBefore)],
    notBefore,
    evidence: {
      consentId: null,
      consentIds: [],
      registrationId: null,
      label: null,
      zone: { zones: [], source: 'none' },
      personalData: null,
      dnc: [],
      opinion: null,
      policy: { id: policy.id, version: policy.version, hash: policy.hash },
    },
  };
}

/** `storeUnavailable`, told: no other check could be asked. */
export function explainUnavailable(policy: Policy, now: number, why: string): Explanation {
  const verdict = storeUnavailable(policy, now, why);
  const [check] = systemChecks;
  return {
    verdict,
    checks: [
      {
        name: check?.name ?? '',
        ok: false,
        findings: verdict.findings,
        evidence: why,
        law: [CODES.GATE_STORE_UNAVAILABLE.law],
      },
    ],
  };
}

function judge(asked: Question, findings: readonly Finding[]): Verdict {
  return { ...answerOf(asked, findings), findings, evidence: evidenceOf(asked) };
}

function answerOf(asked: Question, findings: readonly Finding[], opens?: (at: number) => number): Answer {
  const primary = primaryOf(findings);
  return {
    verdict: primary?.severity ?? 'ALLOW',
    primary: primary?.code ?? null,
    notBefore: primary?.severity === 'DEFER' ? whenAgain(asked, findings, opens) : null,
  };
}

/** When the last finding that only time mends is gone, and the hours are open then. */
function whenAgain(
  { now, hoursRule }: Question,
  findings: readonly Finding[],
  opens = (at: number): number => (hoursRule === null ? at : nextOpening(hoursRule, at)),
): number {
  return opens(Math.max(now, ...findings.map((found) => found.notBefore ?? now)));
}

function evidenceOf({ facts, policy, cell, consent, personalData, line, zone }: Question): Evidence {
  const known = zone.source !== 'none';
  const consents = [...(consent?.ids ?? []), ...(personalData?.ids ?? [])].filter((id) => id !== null);
  return {
    consentId: consent?.ids[0] ?? null,
    consentIds: [...new Set(consents)],
    registrationId: line?.registration?.id ?? null,
    label: line?.registration?.label ?? null,
    zone: { zones: known ? zone.zones : [], source: zone.source },
    personalData: facts.campaign.personalData,
    dnc: facts.dncLists.map(({ registry, takenAt }) => ({ registry, takenAt })),
    opinion: cell?.opinion ?? null,
    policy: { id: policy.id, version: policy.version, hash: policy.hash },
  };
}
