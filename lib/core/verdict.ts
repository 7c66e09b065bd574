import type { PersonalDataBasis } from './facts.ts';

/** How hard a finding stops a call: DENY until the data change, HOLD until a person decides, DEFER until a time. */
export type Severity = 'DENY' | 'HOLD' | 'DEFER';

/** What one code of the vocabulary means. */
export interface CodeInfo {
  readonly group: 'system' | 'number' | 'opt_out' | 'mode' | 'consent' | 'mav' | 'debt' | 'frequency' | 'hours';
  readonly severity: Severity;
  /** The finding as a sentence. */
  readonly title: string;
  /** The act it rests on, or `own rule`; some articles of these acts were not found and are not guessed. */
  readonly law: string;
}

const OWN = 'own rule';
const PLAN = 'numbering plan of +7';
const NETWORKS = '126-ФЗ as amended by 41-ФЗ of 01.04.2025';
const LABELS = '126-ФЗ art. 45 cl. 9.1; decree 1300 of 28.08.2025';
const ADVERTISING = '38-ФЗ art. 18';
const PERSONAL_DATA = '152-ФЗ';
const COLLECTION = '230-ФЗ art. 7 part 3';
const STOP = '38-ФЗ art. 18 part 1; 152-ФЗ art. 15';
const LIST = 'the list’s own act, named in the policy pack';
const PROOF = '38-ФЗ art. 18 part 1; 126-ФЗ as amended by 41-ФЗ of 01.04.2025';

const row =
  <S extends Severity>(severity: S) =>
  <const G extends CodeInfo['group']>(group: G, title: string, law: string) => ({ group, severity, title, law });
const [deny, hold, defer] = [row('DENY'), row('HOLD'), row('DEFER')];

/**
 * Every reason a call may not be placed, in the order that picks the primary among equals. Closed: a reason that has
 * no code here cannot stop a call, so a new law means a new code.
 */
export const CODES = {
  GATE_STORE_UNAVAILABLE: defer('system', 'The store cannot be read or written.', OWN),
  GATE_POLICY_INVALID: deny('system', 'The policy pack has no rules for this call.', OWN),
  GATE_POLICY_EXPIRED: hold('system', 'The policy pack is outside its dates of validity.', OWN),
  GATE_CLOCK_SKEW: defer('system', 'The clock cannot be trusted.', OWN),
  CAMPAIGN_NOT_ACTIVE: deny('system', 'The campaign is not running.', OWN),
  CAMPAIGN_PURPOSE_UNSET: deny('system', 'The campaign has no purpose, so no law can be chosen for it.', OWN),

  CEILING_ATTEMPTS: defer('system', 'The attempts the trunk or the campaign may make in a day are used up.', OWN),
  CEILING_SPEND: defer('system', 'The money the trunk or the campaign may spend in a day is used up.', OWN),

  NUMBER_MALFORMED: deny('number', 'This is not a phone number.', PLAN),
  NUMBER_AMBIGUOUS: deny('number', 'There is more than one number.', OWN),
  NUMBER_EMERGENCY: deny('number', 'This is an emergency number.', PLAN),
  NUMBER_SHORT: deny('number', 'This is a short number.', PLAN),
  NUMBER_SERVICE_CODE: deny('number', 'This is a service code (80x).', PLAN),
  NUMBER_PREMIUM: deny('number', 'Calls to this number cost extra (809).', PLAN),
  NUMBER_UNASSIGNED: deny('number', 'No such area code is assigned.', PLAN),
  NUMBER_NOT_ALLOWED: deny('number', 'Numbers that begin so are not dialed from here.', OWN),
  NUMBER_UNALLOCATED: deny('number', 'The range is allocated to no operator.', 'register of numbering ranges'),
  NUMBER_FOREIGN_JURISDICTION: deny('number', 'The number belongs to a country this policy does not cover.', OWN),
  NUMBER_HAS_EXTENSION: deny('number', 'The number has an extension, which a dialer cannot reach.', OWN),

  OPT_OUT_GLOBAL: deny('opt_out', 'The person asked never to be called.', STOP),
  OPT_OUT_ENTITY: deny('opt_out', 'The person asked this organisation not to call.', STOP),
  OPT_OUT_PURPOSE: deny('opt_out', 'The person asked not to be called for this purpose.', STOP),
  OPT_OUT_ERASED: deny('opt_out', 'The person was erased and is kept off by a keyed hash.', PERSONAL_DATA),
  DNC_EXTERNAL: deny('opt_out', 'The number is on an external do-not-call list.', LIST),
  DNC_LIST_STALE: deny('opt_out', 'The external do-not-call list is older than allowed.', LIST),
  PD_BASIS_MISSING: deny('opt_out', 'There is no basis to process the person’s data.', PERSONAL_DATA),
  PD_ERASED: deny('opt_out', 'The person demanded that processing stop.', PERSONAL_DATA),

  MODE_FORBIDDEN_FOR_PURPOSE: deny('mode', 'This purpose may not be dialed in this mode.', '38-ФЗ art. 18 part 2'),
  ABANDON_RATE_EXCEEDED: defer('mode', 'Too many answered calls found no agent.', OWN),

  CONSENT_MISSING: deny('consent', 'There is no consent of the kind required.', PROOF),
  CONSENT_SCOPE_ENTITY: deny('consent', 'The consent names another organisation.', PROOF),
  CONSENT_SCOPE_PURPOSE: deny('consent', 'The consent is for another purpose.', PROOF),
  CONSENT_SCOPE_CHANNEL: deny('consent', 'The consent does not cover phone calls.', PROOF),
  CONSENT_POSTDATED: deny('consent', 'The consent is dated after the call.', PROOF),
  CONSENT_WITHDRAWN: deny('consent', 'The consent was withdrawn.', ADVERTISING),
  CONSENT_EXPIRED: deny('consent', 'The consent has expired.', PROOF),
  CONSENT_SUBSCRIBER_CHANGED: deny('consent', 'The number changed hands after the consent.', PROOF),
  CONSENT_UNVERIFIED: deny('consent', 'Nobody verified who gave the consent.', ADVERTISING),
  CONSENT_EVIDENCE_MISSING: deny('consent', 'The consent cannot be proved.', PROOF),

  CALLER_ID_HIDDEN: deny(
    'mav',
    'The call would show no caller number.',
    '126-ФЗ art. 45 cl. 9.1; 230-ФЗ art. 7 part 9',
  ),
  MAV_CALLER_UNREGISTERED: deny('mav', 'The caller number is not registered for mass and automatic calls.', NETWORKS),
  MAV_CALLER_NOT_YET_VALID: defer('mav', 'The caller number’s registration has not begun.', NETWORKS),
  MAV_CALLER_EXPIRED: deny('mav', 'The caller number’s registration has ended.', NETWORKS),
  MAV_CALLER_SUSPENDED: deny('mav', 'The caller number’s registration is suspended or revoked.', NETWORKS),
  MAV_ENTITY_MISMATCH: deny('mav', 'The caller number is registered to another organisation.', NETWORKS),
  MAV_PURPOSE_MISMATCH: deny('mav', 'The caller number is registered for other purposes.', NETWORKS),
  MAV_OPERATOR_NOT_COVERED: deny('mav', 'The registration does not reach the called operator.', NETWORKS),
  MAV_OPERATOR_UNKNOWN: hold(
    'mav',
    'The called operator is unknown, and no registration is for all of them.',
    NETWORKS,
  ),
  MAV_LABEL_INVALID: deny('mav', 'The label is empty, too long or has forbidden characters.', LABELS),
  MAV_STATE_STALE: hold('mav', 'The registration was not checked with the operator for too long.', NETWORKS),
  MAV_SUBSCRIBER_REFUSED: deny('mav', 'The subscriber refused such calls with his operator.', NETWORKS),
  MAV_REFUSAL_SUSPECTED: hold('mav', 'The subscriber seems to have refused such calls with his operator.', NETWORKS),

  DEBT_REFUSED_CONTACT: deny('debt', 'The debtor refused contact.', '230-ФЗ art. 8'),
  DEBT_REPRESENTATIVE_ONLY: deny('debt', 'The debtor is to be reached through his representative.', '230-ФЗ art. 8'),
  DEBT_PROTECTED_PERSON: deny('debt', 'The debtor may not be contacted at all.', '230-ФЗ art. 7 part 1'),
  DEBT_THIRD_PARTY_NO_CONSENT: deny(
    'debt',
    'The number is a third party’s, without the consents required.',
    '230-ФЗ art. 4',
  ),

  NUMBER_IN_FLIGHT: defer('frequency', 'A call to this number is going on.', OWN),
  FREQ_MIN_INTERVAL: defer('frequency', 'The last attempt is too recent.', OWN),
  FREQ_ATTEMPTS: defer('frequency', 'The attempts of the last 24 hours, or of the last 7 days, are used up.', OWN),
  FREQ_DAY: defer('frequency', 'The talks of the last 24 hours are used up.', COLLECTION),
  FREQ_WEEK: defer('frequency', 'The talks of the last 7 days are used up.', COLLECTION),
  FREQ_MONTH: defer('frequency', 'The talks of the last 31 days are used up.', COLLECTION),
  DROP_COOLDOWN: defer('frequency', 'The person was abandoned lately, so this mode has to wait.', OWN),

  HOURS_CLOSED: defer(
    'hours',
    'It is outside the calling hours where the person is.',
    `${COLLECTION} for collection; own rule for the rest`,
  ),
  HOURS_END_GUARD: defer('hours', 'The calling hours end too soon for a call.', OWN),
  HOURS_HOLIDAY: defer('hours', 'It is a public holiday where the person is.', OWN),
  TZ_UNKNOWN_WINDOW: defer(
    'hours',
    'Nobody knows where the person is, and it is not lawful everywhere he may be.',
    OWN,
  ),
  CALENDAR_MISSING: hold('hours', 'There is no production calendar for this year.', OWN),
} as const satisfies Record<string, CodeInfo>;

export type Code = keyof typeof CODES;

/** The codes of one group of the vocabulary. */
export type CodeOf<G extends CodeInfo['group']> = {
  [C in Code]: (typeof CODES)[C]['group'] extends G ? C : never;
}[Code];

/** Why a text or a number cannot be dialed. */
export type NumberCode = CodeOf<'number'>;

/** The vocabulary in its order. */
export const CODE_LIST = Object.keys(CODES) as readonly Code[];

/** What may be wrong with a consent. */
export const CONSENT_CODES: readonly Code[] = CODE_LIST.filter((code) => CODES[code].group === 'consent');

/**
 * Whom a finding stops: this lead alone; every call of the campaign; or each of its calls that no free agent waits for.
 */
export type Reach = 'lead' | 'campaign' | 'uncovered';

/** One failing check. */
export interface Finding {
  readonly code: Code;
  readonly severity: Severity;
  readonly reach: Reach;
  /** What exactly was found; carries no phone number. */
  readonly detail: string;
  /** Set on every DEFER: when this finding alone would be gone, epoch ms. */
  readonly notBefore: number | null;
}

/** Makes a finding about one lead; the severity is the vocabulary's. */
export function finding(code: Code, detail: string, notBefore: number | null = null, reach: Reach = 'lead'): Finding {
  return { code, severity: CODES[code].severity, reach, detail, notBefore };
}

/** Makes a finding that stops every call of the campaign alike. */
export function campaignFinding(code: Code, detail: string, notBefore: number | null = null): Finding {
  return finding(code, detail, notBefore, 'campaign');
}

const HARDNESS = { DENY: 0, HOLD: 1, DEFER: 2 } as const satisfies Record<Severity, number>;
const POSITION = new Map<Code, number>(CODE_LIST.map((code, index) => [code, index]));

/** The finding that names the verdict: the hardest, and among equals the first of the vocabulary. */
export function primaryOf(findings: readonly Finding[]): Finding | null {
  return findings.reduce<Finding | null>((best, next) => (best === null || precedes(next, best) ? next : best), null);
}

function precedes(a: Finding, b: Finding): boolean {
  if (a.severity !== b.severity) return isHarder(a.severity, b.severity);
  return byVocabulary(a, b) < 0;
}

/** Compares findings by the place of their codes in the vocabulary. */
export function byVocabulary(a: Finding, b: Finding): number {
  return (POSITION.get(a.code) ?? 0) - (POSITION.get(b.code) ?? 0);
}

/** Whether `a` stops a call harder than `b`. */
export function isHarder(a: Severity, b: Severity): boolean {
  return HARDNESS[a] < HARDNESS[b];
}

/** What a verdict rests on; copied into its row, because the burden of proof is the caller's. */
export interface Evidence {
  /** The consent that covers the first kind required; null when none is required or found. */
  readonly consentId: number | null;
  /** The consents that cover the kinds required, one a kind, and the one the personal data rest on. */
  readonly consentIds: readonly number[];
  readonly registrationId: number | null;
  /** Shown on the callee's screen by that registration. */
  readonly label: string | null;
  readonly zone: {
    /** IANA zones the person may be in; empty: all zones of the policy. */
    readonly zones: readonly string[];
    readonly source: ZoneSource;
  };
  /** What the processing of the person's data rests on. */
  readonly personalData: PersonalDataBasis | null;
  /** The do-not-call lists the number was looked up in. */
  readonly dnc: readonly { readonly registry: string; readonly takenAt: number }[];
  /** The legal opinion that opened this purpose and mode, when the policy itself keeps them closed. */
  readonly opinion: Opinion | null;
  readonly policy: { readonly id: string; readonly version: string; readonly hash: string };
}

/** Where the time zone comes from, strongest first. */
export type ZoneSource = 'lead-zone' | 'lead-region' | 'abc' | 'def' | 'none';

/** A written legal opinion. */
export interface Opinion {
  readonly ref: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly signatory: string;
  /** Of the document, in hex. */
  readonly sha256: string;
}

/** The gate's answer about one intended call. */
export interface Verdict {
  readonly verdict: 'ALLOW' | Severity;
  /** Names the verdict; null for ALLOW. */
  readonly primary: Code | null;
  /** Every failing check, in the order of the vocabulary. */
  readonly findings: readonly Finding[];
  /** For DEFER alone: the first moment all findings would be gone and the hours open, epoch ms. */
  readonly notBefore: number | null;
  readonly evidence: Evidence;
}
