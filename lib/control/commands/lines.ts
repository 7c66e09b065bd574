import type { Purpose } from '../../core/campaign.ts';
import type { None, Told } from './shape.ts';

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

/** Caller numbers. */
export interface LineCommands {
  'line.add': {
    args: {
      readonly phone: string;
      readonly operator: string;
      readonly entity: string;
      readonly purposes: readonly Purpose[];
      readonly label: string;
      readonly category: string;
      readonly contract?: string;
      readonly validFrom: number;
      readonly validTo?: number;
      readonly status: Line['status'];
    };
    result: Line;
  };
  'line.list': {
    args: None;
    /** `suspended`: caller numbers that call an operator no more, because he blocked too many of their calls. */
    result: { readonly lines: readonly Line[]; readonly suspended: readonly LineBlock[] };
  };
  'line.unblock': {
    args: { readonly phone: string; readonly operator: string; readonly note: string };
    result: { readonly phone: string; readonly operator: string };
  };
}

/** Each of `LineCommands`. */
export const LINE_COMMANDS: Told<LineCommands> = {
  'line.add': { may: 'ops', changes: 'at once', doc: 'a caller number and its МАВ registration' },
  'line.list': {
    may: 'read',
    changes: 'nothing',
    doc: 'caller numbers, their registrations, and operators they call no more',
  },
  'line.unblock': { may: 'ops', changes: 'at once', doc: 'let a caller number call an operator again who blocked it' },
};
