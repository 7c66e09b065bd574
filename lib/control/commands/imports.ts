import type { Purpose } from '../../core/campaign.ts';
import type { RowRegister } from './registers.ts';
import type { Told } from './shape.ts';

/** Numbers of a campaign that other campaigns have too. */
export interface Duplicates {
  readonly campaign: string;
  /** All numbers of it. */
  readonly numbers: number;
  /** Its leads that some other campaign has by any of their numbers. */
  readonly leads: number;
  /** The campaign with the most first; `first` names some of the numbers. */
  readonly campaigns: readonly {
    readonly name: string;
    readonly numbers: number;
    readonly leads: number;
    readonly first: readonly string[];
  }[];
}

export type ImportKind = 'lead' | 'optout' | RowRegister;

/** A row as the CLI decoded it: known columns under our names, the rest under theirs. All text, trimmed. */
export interface ImportRow {
  /** Row of the sheet, from 1, the header included. */
  readonly row: number;
  readonly values: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  /** What the CLI found wrong with the row's shape: it is only counted. */
  readonly fault?: { readonly code: string; readonly reason: string };
}

export interface RejectedRow {
  readonly row: number;
  readonly code: string;
  readonly reason: string;
  /** The row itself was taken, one of its numbers was not. */
  readonly partly?: true;
}

/** What an import of leads came to besides the counts of its rows. */
export interface Brought {
  /** Of the duplicates: rows that brought the lead they name new numbers. */
  readonly extended: number;
  /** Numbers of rows taken that were not taken themselves. */
  readonly notTaken: number;
  /** Of the duplicates: rows whose person another campaign has that was named with `--unless-in`, by campaign. */
  readonly elsewhere: Readonly<Record<string, number>>;
}

export interface ImportCounts {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** Of leads. */
  readonly brought?: Brought;
}

/** Where a set of numbers goes. */
export type NumbersInto =
  | {
      readonly kind: 'optout';
      readonly scope: 'global' | 'entity' | 'purpose';
      readonly entity?: string;
      readonly purpose?: Purpose;
      readonly source?: string;
      readonly note?: string;
    }
  | {
      readonly kind: 'dnc';
      readonly registry: string;
      /** As of when its keeper issued it, epoch ms. */
      readonly takenAt: number;
      /** Though it is much smaller than the one in force, or older. */
      readonly force: boolean;
    };

/** Files that are imported, batch by batch: leads, rows of registers, numbers alone. */
export interface ImportCommands {
  'import.begin': {
    /**
     * `campaign` goes with leads; `list` names the source and defaults to the file's name. An import of the same
     * `fingerprint` that was cut short goes on, unless it must begin `again`.
     */
    args: {
      readonly kind: ImportKind;
      readonly list: string;
      readonly campaign?: string;
      /** Of leads: a row whose person one of these campaigns has is a duplicate. */
      readonly unlessIn?: readonly string[];
      readonly fingerprint?: string;
      readonly again?: boolean;
    };
    /** Rows done before; `unwritten` are rejects that may be missing behind the first `rejectsBytes` of their file. */
    result: {
      readonly import: string;
      readonly done: number;
      readonly counts: ImportCounts;
      readonly rejectsBytes: number;
      readonly unwritten: readonly RejectedRow[];
    };
  };
  'import.rows': {
    /** `from`: rows done before these; `rejectsBytes`: of the rejects file, with all rejects told so far. */
    args: {
      readonly import: string;
      readonly from?: number;
      readonly rejectsBytes?: number;
      readonly rows: readonly ImportRow[];
    };
    result: { readonly accepted: number; readonly duplicate: number; readonly rejected: readonly RejectedRow[] };
  };
  'import.end': { args: { readonly import: string }; result: ImportCounts };
  'lead.duplicates': {
    /** At most so many numbers are named for each other campaign. */
    args: { readonly campaign: string; readonly named: number };
    result: Duplicates;
  };
  'numbers.begin': {
    /** `count` of all numbers to come. */
    args: { readonly into: NumbersInto; readonly list: string; readonly count: number; readonly fingerprint: string };
    result: { readonly import: string; readonly done: number; readonly accepted: number; readonly duplicate: number };
  };
  'numbers.add': {
    /** Digits of canonical numbers, ascending, none twice; `from`: numbers done before these. */
    args: { readonly import: string; readonly from: number; readonly numbers: readonly number[] };
    result: { readonly accepted: number; readonly duplicate: number };
  };
  'numbers.end': {
    /** What the CLI counted itself: numbers twice in the file, rows that are no number. */
    args: { readonly import: string; readonly duplicate: number; readonly rejected: number };
    result: ImportCounts;
  };
  'dnc.clear': {
    /** Deletes numbers of replaced lists behind `after`, for about a second; the answer says where to go on. */
    args: { readonly after: number };
    result: { readonly after: number | null };
  };
}

/** Each of `ImportCommands`. */
export const IMPORT_COMMANDS: Told<ImportCommands> = {
  'import.begin': { may: 'lead or qa', changes: 'at once', doc: 'begin to import leads or rows of a register' },
  'import.rows': {
    may: 'lead or qa',
    changes: 'at length',
    doc: 'one batch of rows; each batch is written or not as a whole',
  },
  'import.end': { may: 'lead or qa', changes: 'at length', doc: 'end an import' },
  'lead.duplicates': { may: 'lead', changes: 'nothing', doc: 'numbers of a campaign that other campaigns have too' },
  'numbers.begin': {
    may: 'lead or qa',
    changes: 'at once',
    doc: 'begin to import numbers alone: opt-outs or a do-not-call list',
  },
  'numbers.add': { may: 'lead or qa', changes: 'at length', doc: 'some thousands of numbers, sorted' },
  'numbers.end': {
    may: 'lead or qa',
    changes: 'at length',
    doc: 'end an import of numbers; a do-not-call list takes the place of the one before',
  },
  'dnc.clear': { may: 'lead or qa', changes: 'at length', doc: 'delete the numbers of replaced do-not-call lists' },
};
