import type { Told } from './shape.ts';

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

/** The register of numbering ranges. */
export interface RangeCommands {
  'ranges.begin': {
    args: {
      readonly files: readonly { readonly name: string; readonly sha256: string; readonly ranges: number }[];
      /** All of the register: counted again before it becomes active. */
      readonly ranges: number;
      readonly codes: number;
      /** Take it although it is small. */
      readonly force: boolean;
    };
    result: { readonly register: number };
  };
  'ranges.rows': {
    args: {
      readonly register: number;
      /** New since the last batch; a range names an operator and a place by its number in all that were sent. */
      readonly operators: readonly (readonly [name: string, inn: string])[];
      readonly places: readonly string[];
      /** In the order of the numbers: first number, how many, operator, place, and again. */
      readonly ranges: readonly number[];
    };
    result: { readonly ranges: number };
  };
  'ranges.end': { args: { readonly register: number }; result: RangeImport };
  'ranges.show': { args: { readonly phone: string }; result: NumberRange };
  'ranges.status': {
    args: { readonly history: boolean };
    result: { readonly inForce: RangeRegister | null; readonly past: readonly RangeRegister[] };
  };
}

/** Each of `RangeCommands`. */
export const RANGE_COMMANDS: Told<RangeCommands> = {
  'ranges.begin': {
    may: 'ops',
    changes: 'at once',
    doc: 'begin to load a register of numbering ranges beside the one in force',
  },
  'ranges.rows': { may: 'ops', changes: 'at once', doc: 'one batch of its ranges, in the order of the numbers' },
  'ranges.end': { may: 'ops', changes: 'at once', doc: 'put the loaded register in force' },
  'ranges.show': { may: 'read', changes: 'nothing', doc: 'what the register of numbering ranges says of a phone' },
  'ranges.status': { may: 'read', changes: 'nothing', doc: 'the register of numbering ranges in force' },
};
