import type { AgentState } from '../../../lib/core/agent.ts';
import type { PacedCallState, PacingSnapshot } from '../../../lib/core/pacing/contract.ts';

/** Some moment. */
export const NOW = Date.UTC(2026, 0, 5, 9);

/** A floor by counts: so many agents and calls in each state, all since `agoMs` before `now`. */
export function floorOf(
  agents: Partial<Record<AgentState, number>>,
  calls: Partial<Record<PacedCallState, number>> = {},
  rest: Partial<PacingSnapshot> & { agoMs?: number } = {},
): PacingSnapshot {
  const { agoMs = 3000, ...snapshot } = rest;
  const since = (snapshot.now ?? NOW) - agoMs;
  const spread = <S extends string>(counts: Partial<Record<S, number>>, letter: string) =>
    Object.entries<number | undefined>(counts).flatMap(([state, count = 0]) =>
      Array.from({ length: count }, (_, index) => ({ id: `${letter}-${state}-${index}`, state: state as S, since })),
    );
  return {
    now: NOW,
    agents: spread<AgentState>(agents, 'a'),
    calls: spread<PacedCallState>(calls, 'c'),
    channelsFree: Infinity,
    rateAllows: Infinity,
    ...snapshot,
  };
}
