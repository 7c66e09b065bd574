import type { AuditRow } from '../../store/audit.ts';
import type { CleanedFile, ErasureAct } from '../../store/erasures.ts';
import type { Story } from '../../store/stories.ts';
import type { LedgerFiles, TimedProof } from '../../store/verify-file.ts';
import type { WrittenKind } from '../../store/written-files.ts';
import type { None, Told } from './shape.ts';

/** What a verification of the ledger found, over which files. */
export type LedgerVerification = TimedProof & { readonly files: LedgerFiles };

/** One person's whole story; rows are as their tables have them. */
export type PersonStory = Story & { readonly phone: string; readonly at: number };

/** The ledger, and what it holds of one person. */
export interface LedgerCommands {
  'ledger.verify': { args: None; result: LedgerVerification };
  'ledger.anchor': {
    args: None;
    result: { readonly at: number; readonly id: number; readonly hash: string; readonly path: string };
  };
  'audit.list': {
    /** From this moment on, epoch ms; at most so many. */
    args: { readonly since?: number; readonly limit: number };
    /** The newest first. */
    result: { readonly rows: readonly AuditRow[] };
  };
  'person.story': {
    /** At most so many of the last verdicts; all when absent. */
    args: { readonly phone: string; readonly verdicts?: number };
    result: PersonStory;
  };
  'person.erase': {
    /** `by`: who does it, for the act. */
    args: { readonly phone: string; readonly reason: string; readonly by: string };
    result: ErasureAct;
  };
  'person.files-cleaned': {
    /** What the caller made of the files the act names. */
    args: { readonly phone: string; readonly files: readonly CleanedFile[] };
    result: ErasureAct;
  };
  'file.written': {
    /** `path` is absolute. */
    args: { readonly path: string; readonly kind: WrittenKind };
    result: { readonly path: string; readonly kind: WrittenKind };
  };
}

/** Each of `LedgerCommands`. */
export const LEDGER_COMMANDS: Told<LedgerCommands> = {
  'ledger.verify': {
    may: 'read',
    changes: 'nothing',
    doc: 'look for any edit, deletion, insertion or truncation in the ledger',
  },
  'ledger.anchor': { may: 'qa', changes: 'at once', doc: "write the ledger's head to the anchors file" },
  'audit.list': { may: 'qa', changes: 'nothing', doc: 'commands that changed something: who, when, what came of it' },
  'person.story': {
    may: 'lead or qa',
    changes: 'nothing',
    doc: 'what was decided about one person, and all it rested on',
  },
  'person.erase': {
    may: 'qa',
    changes: 'at length',
    doc: 'erase a person: his number leaves every row, a keyed hash keeps it closed',
  },
  'person.files-cleaned': {
    may: 'qa',
    changes: 'at once',
    doc: 'complete the act of erasure: what became of written files',
  },
  'file.written': {
    may: 'lead or qa',
    changes: 'at once',
    doc: 'a file that holds numbers was written: an erasure cleans it too',
  },
};
