/**
 * The shape of every state machine here: a table from state and event to the next state.
 * A pair with no entry moves nothing; the engine logs it and counts it.
 */
export type Table<S extends string, E extends string> = { readonly [state in S]: { readonly [event in E]?: S } };

/** What `step` found: a move, or none for this pair. */
export type Step<S extends string> = { readonly ok: true; readonly from: S; readonly to: S } | { readonly ok: false };

/** Looks up the move for `event` in `state`. Never throws: an event without an entry answers `ok: false`. */
export function step<S extends string, E extends string>(table: Table<S, E>, state: S, event: E): Step<S> {
  const to = table[state][event];
  return to === undefined ? { ok: false } : { ok: true, from: state, to };
}

/** The states no event leaves. */
export function finalStates<S extends string, E extends string>(table: Table<S, E>): S[] {
  return (Object.keys(table) as S[]).filter((state) => Object.keys(table[state]).length === 0);
}
