import type { CallbackFallback, CallbackKind, CallbackState } from '../../core/callback.ts';
import type { Told } from './shape.ts';

/** A call agreed with a person, asked for by him or owed to him. */
export interface Callback {
  readonly id: number;
  readonly campaign: string;
  readonly phone: string;
  readonly kind: CallbackKind;
  readonly state: CallbackState;
  /** Null: whoever is free first. */
  readonly agent: string | null;
  readonly dueAt: number;
  readonly until: number;
  /** `dueAt` by the callee's clock, with his zone. */
  readonly local: string;
  readonly fallback: CallbackFallback;
  readonly tries: number;
  readonly source: string;
  readonly note: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

/** Callbacks of a campaign that are not over. */
export interface CallbacksNow {
  readonly open: number;
  /** Due, and not dialed yet. */
  readonly due: number;
  /** When the next is due; null: none waits. */
  readonly nextAt: number | null;
}

/** Calls agreed with a person. */
export interface CallbackCommands {
  'callback.add': {
    /** `at` as typed, by the callee's clock; absent: as soon as an agent is free. `zone`: where he is, if he said so. */
    args: {
      readonly campaign: string;
      readonly phone: string;
      readonly at?: string;
      readonly zone?: string;
      readonly agent?: string;
      readonly windowMin?: number;
      readonly source: string;
      readonly evidence?: string;
      readonly note?: string;
    };
    /** `newLead`: the number was no lead of the campaign before; `asked`: his request was recorded as a consent. */
    result: { readonly callback: Callback; readonly newLead: boolean; readonly asked: boolean };
  };
  'callback.list': {
    args: { readonly campaign: string; readonly all: boolean; readonly limit: number };
    result: { readonly callbacks: readonly Callback[] };
  };
  'callback.move': {
    args: { readonly id: number; readonly at: string; readonly agent?: string; readonly windowMin?: number };
    result: Callback;
  };
  'callback.cancel': { args: { readonly id: number }; result: Callback };
}

/** Each of `CallbackCommands`. */
export const CALLBACK_COMMANDS: Told<CallbackCommands> = {
  'callback.add': {
    may: 'lead',
    changes: 'at once',
    doc: 'agree to call a person back: at a time of his, or as soon as an agent is free',
  },
  'callback.list': { may: 'read', changes: 'nothing', doc: 'callbacks of a campaign, those due first' },
  'callback.move': {
    may: 'lead',
    changes: 'at once',
    doc: 'another time, or another agent, for a callback that waits',
  },
  'callback.cancel': { may: 'lead', changes: 'at once', doc: 'take a callback back; its lead goes to the queue again' },
};
