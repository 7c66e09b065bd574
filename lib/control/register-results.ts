import type { ConsentKind } from '../core/facts.ts';
import type { Purpose } from '../core/campaign.ts';

/* What the daemon answers about registers, caller numbers and ranges; as results.ts. */

/** A row of a register: besides these its columns, under their names in camelCase. */
export interface RegisterRow {
  readonly id: number;
  readonly phone: string;
  readonly createdAt: number;
  /** No later row corrects or ends it. */
  readonly standing: boolean;
  readonly [column: string]: unknown;
}

/** An external do-not-call list as it was loaded. */
export interface DncList {
  readonly id: number;
  readonly registry: string;
  /** As of when its keeper issued it. */
  readonly takenAt: number;
  readonly ageDays: number;
  readonly importedAt: number;
  readonly state: 'loading' | 'active' | 'replaced';
  readonly numbers: number;
  readonly sha256: string | null;
}

export interface Consent {
  readonly id: number;
  readonly kinds: readonly ConsentKind[];
  readonly purposes: readonly Purpose[];
  readonly entities: readonly string[];
  readonly givenAt: number;
  readonly expiresAt: number | null;
  readonly withdrawnAt: number | null;
  readonly verifiedBy: string | null;
  readonly evidence: string | null;
  readonly source: string;
}

export interface OptOut {
  readonly at: number;
  readonly scope: 'global' | 'entity' | 'purpose';
  /** ИНН; null: any. */
  readonly entity: string | null;
  readonly purpose: Purpose | null;
  readonly source: string;
  readonly attempt: string | null;
  readonly note: string | null;
}

/** МАВ registration of a caller number. */
export interface Line {
  readonly id: number;
  readonly phone: string;
  /** Called operator, `*` for all. */
  readonly operator: string;
  readonly entity: string;
  readonly purposes: readonly Purpose[];
  readonly label: string;
  readonly category: string;
  readonly contract: string | null;
  readonly validFrom: number;
  readonly validTo: number | null;
  readonly status: 'active' | 'suspended' | 'revoked';
  /** When its state was last checked with the operator. */
  readonly verifiedAt: number | null;
}

/** A caller number that calls an operator no more: he blocked too many of its calls. */
export interface LineBlock {
  readonly phone: string;
  /** ИНН, or name, as in the register of numbering ranges; `?`: unknown. */
  readonly operator: string;
  readonly since: number;
  /** Blocked calls of the last `calls`. */
  readonly blocked: number;
  readonly calls: number;
}

/** A register of numbering ranges. */
export interface RangeRegister {
  readonly id: number;
  readonly importedAt: number;
  readonly files: readonly { readonly name: string; readonly sha256: string; readonly ranges: number }[];
  readonly ranges: number;
  readonly codes: number;
}

/** A register that was put in force. */
export interface RangeImport extends RangeRegister {
  readonly operators: number;
  readonly places: number;
  /** Places no region answers to: their ranges count as anywhere in the country. */
  readonly unknownPlaces: readonly { readonly place: string; readonly ranges: number }[];
}

/** What the register of numbering ranges says of a phone. */
export interface NumberRange {
  readonly phone: string;
  /** `mobile`, `geographic` and the like, and the country or territory whose law applies. */
  readonly kind: string;
  readonly jurisdiction: string;
  /** The range it lies in; `unallocated`: its code is in the register and no range holds it; null: nothing is known. */
  readonly range:
    | {
        readonly from: string;
        readonly to: string;
        readonly operator: { readonly name: string; readonly inn: string };
        /** As the register says it. */
        readonly place: string;
        /** By their names in the zone table; empty: the whole country. */
        readonly regions: readonly string[];
        /** Zones the number may be in. */
        readonly zones: readonly string[];
      }
    | 'unallocated'
    | null;
}
