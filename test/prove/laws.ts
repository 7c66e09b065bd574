import type { AgentState } from '../../lib/core/agent.ts';
import type { LiveShift } from './live-shift.ts';

const AT_WORK: readonly AgentState[] = ['available', 'reserved', 'talking', 'wrap-up'];

/** What the shift broke of that which holds in every shift, whatever its figures; each as a sentence. */
export function brokenLaws({ rows, checks, replay, heardByNetwork, agentTime, figures }: LiveShift): string[] {
  const atWork = AT_WORK.reduce((total, state) => total + (agentTime[state] ?? 0), 0);
  const placed = rows.attempts - (figures.endings['not-placed'] ?? 0);
  const laws: readonly (readonly [held: boolean, broken: string])[] = [
    ...checks.map(({ law, ok, found }) => [ok, `${law}: ${found}`] as const),
    [rows.calledTwice === 0, `${rows.calledTwice} numbers were called twice`],
    [rows.withoutAllow === 0, `${rows.withoutAllow} calls have no ALLOW of their own`],
    [rows.withoutDecision === 0, `${rows.withoutDecision} calls have no pacing decision`],
    [heardByNetwork === placed, `the network counts ${heardByNetwork} calls, the database ${placed}`],
    [
      replay.decisions > 0 && replay.different === 0,
      `${replay.different} of ${replay.decisions} decisions replay otherwise`,
    ],
    // to a millisecond in a minute
    [Math.abs(atWork - 1) < 1e-4, `agents were at work ${(100 * atWork).toFixed(2)} % of the window`],
  ];
  return laws.flatMap(([held, broken]) => (held ? [] : [broken]));
}
