import type { Purpose } from '../../core/campaign.ts';
import type { ConsentKind } from '../../core/facts.ts';
import type { None, Told } from './shape.ts';

/** Registers kept in rows that commands add and follow. */
export const ROW_REGISTERS = ['consent', 'line', 'refusal', 'debtor', 'demand', 'reassignment'] as const;

export type RowRegister = (typeof ROW_REGISTERS)[number];

/** Registers that can be listed: opt-outs and external lists are written by ways of their own. */
export type RegisterName = RowRegister | 'optout' | 'dnc';

/** Values of a row as people write them, by column. */
export type RowTexts = Readonly<Record<string, string>>;

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

/** Registers kept in rows. */
export interface RegisterCommands {
  'register.add': {
    /** `values` has the phone and the columns of the register's descriptor. */
    args: { readonly register: RowRegister; readonly values: RowTexts };
    /** `added` is false when a row that counts says the same. */
    result: { readonly added: boolean; readonly rows: readonly RegisterRow[] };
  };
  'register.amend': {
    /** The row of this id, or the rows of this phone that count and have the columns of `match`. */
    args: {
      readonly register: RowRegister;
      readonly id?: number;
      readonly phone?: string;
      readonly match: RowTexts;
      readonly change: RowTexts;
    };
    /** `changed` rows were written; `rows` are those that count now. */
    result: { readonly changed: number; readonly rows: readonly RegisterRow[] };
  };
  'register.show': {
    args: { readonly register: RegisterName; readonly phone: string };
    result: { readonly phone: string; readonly rows: readonly RegisterRow[] };
  };
  'register.history': {
    args: { readonly register: RegisterName; readonly phone: string };
    result: { readonly phone: string; readonly rows: readonly RegisterRow[] };
  };
  'register.list': {
    /** Rows behind `after`; `whole` brings those that no longer count too; `registry` names a do-not-call list. */
    args: {
      readonly register: RegisterName;
      readonly after: number;
      readonly limit: number;
      readonly whole: boolean;
      readonly registry?: string;
    };
    /** `next` goes on as `after`; null at the end. */
    result: { readonly rows: readonly RegisterRow[]; readonly next: number | null };
  };
  'dnc.lists': { args: None; result: { readonly lists: readonly DncList[] } };
  'consent.withdraw': {
    args: {
      readonly phone: string;
      readonly kinds?: readonly ConsentKind[];
      readonly entities?: readonly string[];
      readonly at?: number;
      readonly source: string;
      readonly note?: string;
    };
    /** `withdrawn` consents changed; `rows` are those that count now. */
    result: { readonly withdrawn: number; readonly rows: readonly RegisterRow[] };
  };
  'consent.show': {
    args: { readonly phone: string };
    result: { readonly phone: string; readonly consents: readonly Consent[] };
  };
}

/** Each of `RegisterCommands`. */
export const REGISTER_COMMANDS: Told<RegisterCommands> = {
  'register.add': {
    may: 'lead or qa',
    changes: 'at once',
    doc: 'record a row in a register; what takes away a reason not to call is amended',
  },
  'register.amend': {
    may: 'qa',
    changes: 'at once',
    doc: 'follow a row of a register with another: corrected, lifted, done, verified',
  },
  'register.show': { may: 'read', changes: 'nothing', doc: 'what the register holds of a phone now' },
  'register.history': {
    may: 'read',
    changes: 'nothing',
    doc: 'every row the register ever had of a phone, and which count',
  },
  'register.list': { may: 'read', changes: 'nothing', doc: 'what the register holds, page by page' },
  'dnc.lists': { may: 'read', changes: 'nothing', doc: 'external do-not-call lists and their age' },
  'consent.withdraw': { may: 'lead or qa', changes: 'at once', doc: 'record that a person withdrew consent' },
  'consent.show': { may: 'read', changes: 'nothing', doc: 'the consents of a phone' },
};
