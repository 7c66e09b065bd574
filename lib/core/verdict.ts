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
const COLLECTION = '230-ФЗ art. 7';
const PROOF = '38-ФЗ art. 18 part 1; 126-ФЗ as amended by 41-ФЗ of 01.04.2025';

/**
 * Every reason a call may not be placed, in the order that picks the primary among equals. Closed: a reason that has
 * no code here cannot stop a call, so a new law means a new code.
 */
export const CODES = {
  GATE_STORE_UNAVAILABLE: {
    group: 'system',
    severity: 'DEFER',
    title: 'The store cannot be read or written.',
    law: OWN,
  },
  GATE_POLICY_INVALID: {
    group: 'system',
    severity: 'DENY',
    title: 'The policy pack has no rules for this call.',
    law: OWN,
  },
  GATE_POLICY_EXPIRED: {
    group: 'system',
    severity: 'HOLD',
    title: 'The policy pack is outside its dates of validity.',
    law: OWN,
  },
  GATE_CLOCK_SKEW: { group: 'system', severity: 'DEFER', title: 'The clock cannot be trusted.', law: OWN },
  CAMPAIGN_NOT_ACTIVE: { group: 'system', severity: 'DENY', title: 'The campaign is not running.', law: OWN },
  CAMPAIGN_PURPOSE_UNSET: {
    group: 'system',
    severity: 'DENY',
    title: 'The campaign has no purpose, so no law can be chosen for it.',
    law: OWN,
  },

  NUMBER_MALFORMED: { group: 'number', severity: 'DENY', title: 'This is not a phone number.', law: PLAN },
  NUMBER_AMBIGUOUS: { group: 'number', severity: 'DENY', title: 'There is more than one number.', law: OWN },
  NUMBER_EMERGENCY: { group: 'number', severity: 'DENY', title: 'This is an emergency number.', law: PLAN },
  NUMBER_SHORT: { group: 'number', severity: 'DENY', title: 'This is a short number.', law: PLAN },
  NUMBER_SERVICE_CODE: { group: 'number', severity: 'DENY', title: 'This is a service code (80x).', law: PLAN },
  NUMBER_PREMIUM: { group: 'number', severity: 'DENY', title: 'Calls to this number cost extra (809).', law: PLAN },
  NUMBER_UNASSIGNED: { group: 'number', severity: 'DENY', title: 'No such area code is assigned.', law: PLAN },
  NUMBER_UNALLOCATED: {
    group: 'number',
    severity: 'DENY',
    title: 'The range is allocated to no operator.',
    law: 'register of numbering ranges',
  },
  NUMBER_FOREIGN_JURISDICTION: {
    group: 'number',
    severity: 'DENY',
    title: 'The number belongs to a country this policy does not cover.',
    law: OWN,
  },
  NUMBER_HAS_EXTENSION: {
    group: 'number',
    severity: 'DENY',
    title: 'The number has an extension, which a dialer cannot reach.',
    law: OWN,
  },

  OPT_OUT_GLOBAL: {
    group: 'opt_out',
    severity: 'DENY',
    title: 'The person asked never to be called.',
    law: '38-ФЗ art. 18 part 1; 152-ФЗ art. 15',
  },
  OPT_OUT_ENTITY: {
    group: 'opt_out',
    severity: 'DENY',
    title: 'The person asked this organisation not to call.',
    law: '38-ФЗ art. 18 part 1; 152-ФЗ art. 15',
  },
  OPT_OUT_PURPOSE: {
    group: 'opt_out',
    severity: 'DENY',
    title: 'The person asked not to be called for this purpose.',
    law: '38-ФЗ art. 18 part 1; 152-ФЗ art. 15',
  },
  OPT_OUT_ERASED: {
    group: 'opt_out',
    severity: 'DENY',
    title: 'The person was erased and is kept off by a keyed hash.',
    law: PERSONAL_DATA,
  },
  DNC_EXTERNAL: {
    group: 'opt_out',
    severity: 'DENY',
    title: 'The number is on an external do-not-call list.',
    law: 'the list’s own act, named in the policy pack',
  },
  DNC_LIST_STALE: {
    group: 'opt_out',
    severity: 'DENY',
    title: 'The external do-not-call list is older than allowed.',
    law: 'the list’s own act, named in the policy pack',
  },
  PD_BASIS_MISSING: {
    group: 'opt_out',
    severity: 'DENY',
    title: 'There is no basis to process the person’s data.',
    law: PERSONAL_DATA,
  },
  PD_ERASED: {
    group: 'opt_out',
    severity: 'DENY',
    title: 'The person demanded that processing stop.',
    law: PERSONAL_DATA,
  },

  MODE_FORBIDDEN_FOR_PURPOSE: {
    group: 'mode',
    severity: 'DENY',
    title: 'This purpose may not be dialed in this mode.',
    law: '38-ФЗ art. 18 part 2',
  },
  ABANDON_RATE_EXCEEDED: {
    group: 'mode',
    severity: 'DEFER',
    title: 'Too many answered calls found no agent.',
    law: OWN,
  },

  CONSENT_MISSING: {
    group: 'consent',
    severity: 'DENY',
    title: 'There is no consent of the kind required.',
    law: PROOF,
  },
  CONSENT_SCOPE_ENTITY: {
    group: 'consent',
    severity: 'DENY',
    title: 'The consent names another organisation.',
    law: PROOF,
  },
  CONSENT_SCOPE_PURPOSE: {
    group: 'consent',
    severity: 'DENY',
    title: 'The consent is for another purpose.',
    law: PROOF,
  },
  CONSENT_SCOPE_CHANNEL: {
    group: 'consent',
    severity: 'DENY',
    title: 'The consent does not cover phone calls.',
    law: PROOF,
  },
  CONSENT_POSTDATED: {
    group: 'consent',
    severity: 'DENY',
    title: 'The consent is dated after the call.',
    law: PROOF,
  },
  CONSENT_WITHDRAWN: { group: 'consent', severity: 'DENY', title: 'The consent was withdrawn.', law: ADVERTISING },
  CONSENT_EXPIRED: { group: 'consent', severity: 'DENY', title: 'The consent has expired.', law: PROOF },
  CONSENT_SUBSCRIBER_CHANGED: {
    group: 'consent',
    severity: 'DENY',
    title: 'The number changed hands after the consent.',
    law: PROOF,
  },
  CONSENT_UNVERIFIED: {
    group: 'consent',
    severity: 'DENY',
    title: 'Nobody verified who gave the consent.',
    law: ADVERTISING,
  },
  CONSENT_EVIDENCE_MISSING: {
    group: 'consent',
    severity: 'DENY',
    title: 'The consent cannot be proved.',
    law: PROOF,
  },

  CALLER_ID_HIDDEN: {
    group: 'mav',
    severity: 'DENY',
    title: 'The call would show no caller number.',
    law: '126-ФЗ art. 45 cl. 9.1; 230-ФЗ art. 7 part 9',
  },
  MAV_CALLER_UNREGISTERED: {
    group: 'mav',
    severity: 'DENY',
    title: 'The caller number is not registered for mass and automatic calls.',
    law: NETWORKS,
  },
  MAV_CALLER_NOT_YET_VALID: {
    group: 'mav',
    severity: 'DEFER',
    title: 'The caller number’s registration has not begun.',
    law: NETWORKS,
  },
  MAV_CALLER_EXPIRED: {
    group: 'mav',
    severity: 'DENY',
    title: 'The caller number’s registration has ended.',
    law: NETWORKS,
  },
  MAV_CALLER_SUSPENDED: {
    group: 'mav',
    severity: 'DENY',
    title: 'The caller number’s registration is suspended or revoked.',
    law: NETWORKS,
  },
  MAV_ENTITY_MISMATCH: {
    group: 'mav',
    severity: 'DENY',
    title: 'The caller number is registered to another organisation.',
    law: NETWORKS,
  },
  MAV_PURPOSE_MISMATCH: {
    group: 'mav',
    severity: 'DENY',
    title: 'The caller number is registered for other purposes.',
    law: NETWORKS,
  },
  MAV_OPERATOR_NOT_COVERED: {
    group: 'mav',
    severity: 'DENY',
    title: 'The registration does not reach the called operator.',
    law: NETWORKS,
  },
  MAV_OPERATOR_UNKNOWN: {
    group: 'mav',
    severity: 'HOLD',
    title: 'The called operator is unknown, and no registration is for all of them.',
    law: NETWORKS,
  },
  MAV_LABEL_INVALID: {
    group: 'mav',
    severity: 'DENY',
    title: 'The label is empty, too long or has forbidden characters.',
    law: LABELS,
  },
  MAV_STATE_STALE: {
    group: 'mav',
    severity: 'HOLD',
    title: 'The registration was not checked with the operator for too long.',
    law: NETWORKS,
  },
  MAV_SUBSCRIBER_REFUSED: {
    group: 'mav',
    severity: 'DENY',
    title: 'The subscriber refused such calls with his operator.',
    law: NETWORKS,
  },
  MAV_REFUSAL_SUSPECTED: {
    group: 'mav',
    severity: 'HOLD',
    title: 'The subscriber seems to have refused such calls with his operator.',
    law: NETWORKS,
  },

  DEBT_REFUSED_CONTACT: {
    group: 'debt',
    severity: 'DENY',
    title: 'The debtor refused contact.',
    law: '230-ФЗ art. 8',
  },
  DEBT_REPRESENTATIVE_ONLY: {
    group: 'debt',
    severity: 'DENY',
    title: 'The debtor is to be reached through his representative.',
    law: '230-ФЗ art. 8',
  },
  DEBT_PROTECTED_PERSON: {
    group: 'debt',
    severity: 'DENY',
    title: 'The debtor may not be contacted at all.',
    law: '230-ФЗ art. 7 part 1',
  },
  DEBT_THIRD_PARTY_NO_CONSENT: {
    group: 'debt',
    severity: 'DENY',
    title: 'The number is a third party’s, without the consents required.',
    law: '230-ФЗ art. 4',
  },

  NUMBER_IN_FLIGHT: {
    group: 'frequency',
    severity: 'DEFER',
    title: 'A call to this number is going on.',
    law: OWN,
  },
  FREQ_MIN_INTERVAL: {
    group: 'frequency',
    severity: 'DEFER',
    title: 'The last attempt is too recent.',
    law: OWN,
  },
  FREQ_ATTEMPTS: {
    group: 'frequency',
    severity: 'DEFER',
    title: 'The attempts of the last 24 hours are used up.',
    law: OWN,
  },
  FREQ_DAY: {
    group: 'frequency',
    severity: 'DEFER',
    title: 'The talks of the last 24 hours are used up.',
    law: `${COLLECTION} part 3`,
  },
  FREQ_WEEK: {
    group: 'frequency',
    severity: 'DEFER',
    title: 'The talks of the last 7 days are used up.',
    law: `${COLLECTION} part 3`,
  },
  FREQ_MONTH: {
    group: 'frequency',
    severity: 'DEFER',
    title: 'The talks of the last 31 days are used up.',
    law: `${COLLECTION} part 3`,
  },
  DROP_COOLDOWN: {
    group: 'frequency',
    severity: 'DEFER',
    title: 'The person was abandoned lately, so this mode has to wait.',
    law: OWN,
  },

  HOURS_CLOSED: {
    group: 'hours',
    severity: 'DEFER',
    title: 'It is outside the calling hours where the person is.',
    law: `${COLLECTION} part 3 for collection; own rule for the rest`,
  },
  HOURS_END_GUARD: {
    group: 'hours',
    severity: 'DEFER',
    title: 'The calling hours end too soon for a call.',
    law: OWN,
  },
  HOURS_HOLIDAY: {
    group: 'hours',
    severity: 'DEFER',
    title: 'It is a public holiday where the person is.',
    law: OWN,
  },
  TZ_UNKNOWN_WINDOW: {
    group: 'hours',
    severity: 'DEFER',
    title: 'Nobody knows where the person is, and it is not lawful everywhere he may be.',
    law: OWN,
  },
  CALENDAR_MISSING: {
    group: 'hours',
    severity: 'HOLD',
    title: 'There is no production calendar for this year.',
    law: OWN,
  },
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

/** One failing check. */
export interface Finding {
  readonly code: Code;
  readonly severity: Severity;
  /** What exactly was found; carries no phone number. */
  readonly detail: string;
  /** Set on every DEFER: when this finding alone would be gone, epoch ms. */
  readonly notBefore: number | null;
}

/** Makes a finding; the severity is the vocabulary's. */
export function finding(code: Code, detail: string, notBefore: number | null = null): Finding {
  return { code, severity: CODES[code].severity, detail, notBefore };
}

const HARDNESS = { DENY: 0, HOLD: 1, DEFER: 2 } as const satisfies Record<Severity, number>;
const POSITION = new Map<Code, number>(CODE_LIST.map((code, index) => [code, index]));

/** The finding that names the verdict: the hardest, and among equals the first of the vocabulary. */
export function primaryOf(findings: readonly Finding[]): Finding | null {
  return findings.reduce<Finding | null>((best, next) => (best === null || precedes(next, best) ? next : best), null);
}

function precedes(a: Finding, b: Finding): boolean {
  if (a.severity !== b.severity) return isHarder(a.severity, b.severity);
  return (POSITION.get(a.code) ?? 0) < (POSITION.get(b.code) ?? 0);
}

/** Whether `a` stops a call harder than `b`. */
export function isHarder(a: Severity, b: Severity): boolean {
  return HARDNESS[a] < HARDNESS[b];
}

/** Codes that say something of the campaign, its line or the installation: the next lead would meet them too. */
const CAMPAIGN_WIDE: ReadonlySet<Code> = new Set<Code>([
  'GATE_STORE_UNAVAILABLE',
  'GATE_POLICY_INVALID',
  'GATE_POLICY_EXPIRED',
  'GATE_CLOCK_SKEW',
  'CAMPAIGN_NOT_ACTIVE',
  'CAMPAIGN_PURPOSE_UNSET',
  'DNC_LIST_STALE',
  'MODE_FORBIDDEN_FOR_PURPOSE',
  'ABANDON_RATE_EXCEEDED',
  'CALLER_ID_HIDDEN',
  'MAV_CALLER_UNREGISTERED',
  'MAV_CALLER_NOT_YET_VALID',
  'MAV_CALLER_EXPIRED',
  'MAV_CALLER_SUSPENDED',
  'MAV_ENTITY_MISMATCH',
  'MAV_PURPOSE_MISMATCH',
  'MAV_LABEL_INVALID',
  'MAV_STATE_STALE',
  'CALENDAR_MISSING',
]);

/** Whether every lead of the campaign would get this code now: dialing stops, the leads stay as they are. */
export function isCampaignWide(code: Code): boolean {
  return CAMPAIGN_WIDE.has(code);
}

/** What a verdict rests on; copied into its row, because the burden of proof is the caller's. */
export interface Evidence {
  /** The consent that covers the first kind required; null when none is required or found. */
  readonly consentId: number | null;
  /** The consents that cover the kinds required, one a kind. */
  readonly consentIds: readonly number[];
  readonly registrationId: number | null;
  /** Shown on the callee's screen by that registration. */
  readonly label: string | null;
  readonly zone: {
    /** IANA zones the person may be in; empty: all zones of the policy. */
    readonly zones: readonly string[];
    readonly source: ZoneSource;
  };
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
