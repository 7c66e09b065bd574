import type { Right } from '../../roles.ts';

/**
 * What a command leaves behind: `nothing`; its work `at once`, in one go, recorded in the ledger with it; or work `at
 * length`, with other work in between, recorded when it begins and when it ends.
 */
export type Changes = 'nothing' | 'at once' | 'at length';

/** What each command of a group is for, who may send it and what it changes: none has a default. */
export type Told<Group> = Readonly<
  Record<keyof Group, { readonly may: Right; readonly changes: Changes; readonly doc: string }>
>;

/** No arguments. */
export type None = Readonly<Record<string, never>>;

/** A campaign's, or a schedule's, name is all it takes. */
export type Named = { readonly name: string };
