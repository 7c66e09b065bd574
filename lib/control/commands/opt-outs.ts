import type { Purpose } from '../../core/campaign.ts';
import type { Told } from './shape.ts';

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

type OptOutScope = { readonly scope?: OptOut['scope']; readonly entity?: string; readonly purpose?: Purpose };

/** Numbers never called again. */
export interface OptOutCommands {
  'optout.add': {
    /** Global when no scope is given; `entity` goes with the scopes entity and purpose, `purpose` with purpose. */
    args: { readonly phone: string; readonly source: string; readonly note?: string } & OptOutScope;
    /** `added` is false when the phone was opted out of this very scope before. */
    result: { readonly phone: string; readonly added: boolean; readonly optOut: OptOut };
  };
  'optout.lift': {
    args: {
      readonly phone: string;
      readonly evidence: string;
      readonly source: string;
      readonly note?: string;
    } & OptOutScope;
    /** `lifted` is false when none of this scope stands; `optOuts` are those that still stand. */
    result: {
      readonly phone: string;
      readonly lifted: boolean;
      readonly released: number;
      readonly optOuts: readonly OptOut[];
    };
  };
  'optout.show': {
    args: { readonly phone: string };
    /** The first that stands, and all of them. */
    result: { readonly phone: string; readonly optOut: OptOut | null; readonly optOuts: readonly OptOut[] };
  };
  'agent.optout': {
    args: { readonly id: string; readonly scope?: OptOut['scope']; readonly note?: string };
    result: OptOutCommands['optout.add']['result'] & { readonly attempt: string };
  };
}

/** Each of `OptOutCommands`. */
export const OPT_OUT_COMMANDS: Told<OptOutCommands> = {
  'optout.add': { may: 'read', changes: 'at once', doc: 'never call this phone again' },
  'optout.lift': { may: 'qa', changes: 'at once', doc: 'take an opt-out back, on evidence that the person did' },
  'optout.show': { may: 'read', changes: 'nothing', doc: 'whether a phone is opted out' },
  'agent.optout': {
    may: 'read',
    changes: 'at once',
    doc: 'never call the person again with whom the agent talks, or has just talked',
  },
};
