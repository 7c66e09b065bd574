import type { CampaignState, DialMode, Purpose } from './campaign.ts';
import type { Phone } from './phone.ts';

/** Everything the gate may know about one intended call, read in the transaction that writes its verdict. */
export interface GateFacts {
  readonly campaign: {
    readonly state: CampaignState;
    readonly purpose: Purpose | null;
    readonly mode: DialMode;
    /** ИНН of the legal entity on whose behalf people are called. */
    readonly entity: string;
    /** Limits of the campaign, each at most as wide as the policy's own. */
    readonly maxAttemptsPerDay: number | null;
    readonly minIntervalMs: number | null;
    /** Narrower calling hours, minutes from local midnight; null: the policy's alone. */
    readonly hours: { readonly fromMin: number; readonly toMin: number } | null;
  };
  readonly lead: {
    readonly phone: Phone;
    /** IANA zone written in the base, the strongest evidence. */
    readonly zone: string | null;
    /** Region written in the base, by its name. */
    readonly region: string | null;
  };
  /** The caller number the campaign shows; null when it shows none. */
  readonly caller: Phone | null;
  /** Called operator of the number when known. */
  readonly operator: string | null;
  /** An unresolved attempt to this number, in any campaign. */
  readonly inFlight: boolean;
  readonly optOuts: readonly OptOutFact[];
  readonly consents: readonly ConsentFact[];
  /** МАВ registrations of the caller number. */
  readonly registrations: readonly RegistrationFact[];
  readonly refusal: RefusalFact | null;
  readonly history: HistoryFact;
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

export interface ConsentFact {
  readonly id: number;
  readonly kinds: readonly ConsentKind[];
  /** Empty: every purpose. */
  readonly purposes: readonly Purpose[];
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
  /** Called operator, or `*` for all. */
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
}

export interface RefusalFact {
  readonly state: 'suspected' | 'confirmed' | 'lifted';
  readonly since: number;
  /** ИНН the subscriber still allows. */
  readonly allowEntities: readonly string[];
}

/** Attempts to the number over all campaigns; rolling windows before `now`. Every placed attempt counts as one. */
export interface HistoryFact {
  readonly lastAttemptAt: number | null;
  readonly attempts24h: number;
  /** When the oldest attempt inside the 24 h window leaves it; null when there is none. */
  readonly oldestAttempt24hAt: number | null;
  readonly answered24h: number;
  readonly answered7d: number;
  readonly answered31d: number;
  readonly oldestAnswered24hAt: number | null;
  readonly oldestAnswered7dAt: number | null;
  readonly oldestAnswered31dAt: number | null;
  readonly lastAbandonedAt: number | null;
}
