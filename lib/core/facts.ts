import type { CampaignState, DialMode, Purpose } from './campaign.ts';
import type { CeilingFact } from './guard/ceilings.ts';
import type { PrefixRules } from './guard/prefixes.ts';
import type { ParsedPhone, Phone } from './phone.ts';

/** Everything the gate may know about one intended call, read in the transaction that writes its verdict. */
export interface GateFacts {
  readonly campaign: {
    readonly state: CampaignState;
    readonly purpose: Purpose | null;
    readonly mode: DialMode;
    /** ИНН of the legal entity on whose behalf people are called. */
    readonly entity: string;
    /** What the processing of the people's data rests on; null: nothing was said. */
    readonly personalData: PersonalDataBasis | null;
    /** Limits of the campaign, each at most as wide as the policy's own. */
    readonly maxAttemptsPerDay: number | null;
    readonly maxAttemptsPerWeek: number | null;
    readonly minIntervalMs: number | null;
    /** Narrower calling hours, minutes from local midnight; null: the policy's alone. */
    readonly hours: { readonly fromMin: number; readonly toMin: number } | null;
    /** Answered and abandoned calls over the policy's window. */
    readonly abandonment: { readonly answered: number; readonly abandoned: number };
    /** A free agent waits for this very call, so that it can hardly be abandoned. */
    readonly covered: boolean;
  };
  readonly lead: {
    /** A number, or why the text is none. */
    readonly number: ParsedPhone;
    /** IANA zone written in the base, the strongest evidence. */
    readonly zone: string | null;
    /** Region written in the base, by its name. */
    readonly region: string | null;
  };
  /** Which beginnings of numbers this installation dials. */
  readonly dial: PrefixRules;
  /** What may be used in a day, and what was; none where nothing is set. */
  readonly ceilings: readonly CeilingFact[];
  readonly clock: ClockFact;
  /** The caller number the campaign shows; null when it shows none. */
  readonly caller: Phone | null;
  /** What the register of numbering ranges says of the number; null: no register is loaded, or it does not cover it. */
  readonly range: RangeFact | 'unallocated' | null;
  /** An unresolved attempt to this number, or to another number of the same debtor, in any campaign; or he calls us now. */
  readonly inFlight: boolean;
  /** Said on any of the lead's numbers. */
  readonly optOuts: readonly OptOutFact[];
  /** When the person was erased, by any of the lead's numbers; null: never. */
  readonly erasedAt: number | null;
  /** External do-not-call lists in force. */
  readonly dncLists: readonly DncFact[];
  /** The person's open demand that processing stop, by any of the lead's numbers; null: none. */
  readonly stopDemandedAt: number | null;
  readonly consents: readonly ConsentFact[];
  /** When the number last passed to another person; null: never known to. */
  readonly reassignedAt: number | null;
  /** МАВ registrations of the caller number. */
  readonly registrations: readonly RegistrationFact[];
  /** The breaker suspended this caller number towards the called operator. */
  readonly lineBlock: { readonly since: number; readonly blocked: number; readonly calls: number } | null;
  readonly refusal: RefusalFact | null;
  readonly debtorFlags: readonly DebtorFact[];
  readonly history: HistoryFact;
}

/** The ground for processing personal data (152-ФЗ art. 6): each person's consent, a contract with him, a law. */
export const PERSONAL_DATA_BASES = ['consent', 'contract', 'law'] as const;
export type PersonalDataBasis = (typeof PERSONAL_DATA_BASES)[number];

/** What is known against the clock. */
export interface ClockFact {
  /** The latest instant the ledger has; null while it is empty. */
  readonly lastRecordedAt: number | null;
  /** The wall clock jumped against the monotonic one at this instant; null: it did not, or long ago. */
  readonly jumpedAt: number | null;
}

/** The range a number lies in. Ported numbers keep their first range, so this is weak evidence. */
export interface RangeFact {
  readonly operator: { readonly name: string; readonly inn: string };
  /** Regions by their names in the zone table; empty: the whole country. */
  readonly regions: readonly string[];
}

/** One external do-not-call list in force. */
export interface DncFact {
  readonly registry: string;
  readonly listed: boolean;
  /** As of when its keeper issued it. */
  readonly takenAt: number;
}

/** What 230-ФЗ bars a creditor from contact by. */
export const DEBTOR_FLAGS = [
  'refused-contact',
  'representative-only',
  'bankrupt',
  'incapacitated',
  'hospital',
  'disabled-1',
  'minor',
  'third-party',
] as const;
export type DebtorFlag = (typeof DEBTOR_FLAGS)[number];

export interface DebtorFact {
  readonly flag: DebtorFlag;
  /** ИНН of the creditor, `*` for all. */
  readonly entity: string;
  readonly since: number;
}

export interface OptOutFact {
  readonly scope: 'global' | 'entity' | 'purpose';
  readonly entity: string | null;
  readonly purpose: Purpose | null;
  /** Epoch ms of the commit. */
  readonly at: number;
}

/** AD: advertising (38-ФЗ). CALL: mass and automatic calls. PD: personal data (152-ФЗ). REQ: asked for by the person. */
export type ConsentKind = 'AD' | 'CALL' | 'PD' | 'REQ' | 'RECORDING';

/** `call`: by a person on the line; `robot`: by a machine. */
export const CONSENT_CHANNELS = ['call', 'robot', 'sms', 'mail'] as const;
export type ConsentChannel = (typeof CONSENT_CHANNELS)[number];

export interface ConsentFact {
  readonly id: number;
  readonly kinds: readonly ConsentKind[];
  /** Empty: every purpose. */
  readonly purposes: readonly Purpose[];
  /** Empty: every channel. */
  readonly channels: readonly ConsentChannel[];
  /** ИНН of the entities it names; empty: none named, so none covered. */
  readonly entities: readonly string[];
  readonly givenAt: number;
  readonly expiresAt: number | null;
  readonly withdrawnAt: number | null;
  /** How the person's identity was verified; null: not at all. */
  readonly verifiedBy: string | null;
  /** Where the proof is kept; null: nowhere. */
  readonly evidence: string | null;
}

export interface RegistrationFact {
  readonly id: number;
  /** Called operator by its ИНН or its name in the range register, or `*` for all. */
  readonly operator: string;
  readonly entity: string;
  /** Empty: none named, so none covered. */
  readonly purposes: readonly Purpose[];
  /** Shown on the callee's screen, at most 32 characters. */
  readonly label: string;
  readonly category: string;
  readonly validFrom: number;
  readonly validTo: number | null;
  readonly status: 'active' | 'suspended' | 'revoked';
  /** When its state was last checked with the operator; null: never. */
  readonly verifiedAt: number | null;
}

export interface RefusalFact {
  readonly state: 'suspected' | 'confirmed' | 'lifted';
  readonly since: number;
  /** ИНН the subscriber still allows. */
  readonly allowEntities: readonly string[];
}

/**
 * Attempts to the number over all campaigns; rolling windows before `now`. Every placed attempt counts as one. Where the
 * policy counts by debtor: attempts to all numbers of this debtor on behalf of this creditor.
 */
export interface HistoryFact {
  readonly lastAttemptAt: number | null;
  readonly attempts24h: number;
  /** When the oldest attempt inside the 24 h window leaves it; null when there is none. */
  readonly oldestAttempt24hAt: number | null;
  readonly attempts7d: number;
  readonly oldestAttempt7dAt: number | null;
  readonly answered24h: number;
  readonly answered7d: number;
  readonly answered31d: number;
  readonly oldestAnswered24hAt: number | null;
  readonly oldestAnswered7dAt: number | null;
  readonly oldestAnswered31dAt: number | null;
  readonly lastAbandonedAt: number | null;
}

/** No call, or none that matters now. */
export const NO_HISTORY: HistoryFact = {
  lastAttemptAt: null,
  attempts24h: 0,
  oldestAttempt24hAt: null,
  attempts7d: 0,
  oldestAttempt7dAt: null,
  answered24h: 0,
  answered7d: 0,
  answered31d: 0,
  oldestAnswered24hAt: null,
  oldestAnswered7dAt: null,
  oldestAnswered31dAt: null,
  lastAbandonedAt: null,
};
