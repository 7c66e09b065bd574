import type { PacingDecision, PacingLimit, PacingSnapshot } from './contract.ts';
import type { FloorCount } from './predictive.ts';

/** The limits outside the method: how many originates each still allows. */
export interface Caps {
  readonly channels: number;
  readonly rate: number;
  /** The operator's own: calls not yet answered. */
  readonly ratio: number;
}

/** Ages alone change the risk; asking oftener gains nothing. */
const WAKE_MS = 1000;

/** Cuts what the method wants to what the caps allow, names the one that bound and adds the floor to `numbers`. */
export function decided(
  snapshot: PacingSnapshot,
  floor: FloorCount,
  wanted: number,
  caps: Caps,
  method: PacingLimit,
  numbers: Record<string, number>,
): PacingDecision {
  const allowed = Math.min(wanted, caps.channels, caps.rate, caps.ratio);
  // Of a cap that is no number comes no call.
  const originate = allowed > 0 ? Math.floor(allowed) : 0;
  const limit = limitOf(originate, wanted, caps, method);
  numbers.agentsWorking = floor.working;
  numbers.agentsFree = floor.free;
  numbers.unanswered = floor.unanswered;
  numbers.waiting = floor.waiting;
  numbers.wanted = wanted;
  return {
    at: snapshot.now,
    originate,
    why: {
      limit,
      // Put into words only when someone reads it: a decision is made thousands of times a minute.
      get sentence() {
        return sentenceOf(limit, caps, numbers);
      },
      numbers,
    },
    ...(floor.working > 0 && Number.isFinite(snapshot.now) ? { wakeAtMs: snapshot.now + WAKE_MS } : {}),
  };
}

function limitOf(originate: number, wanted: number, caps: Caps, method: PacingLimit): PacingLimit {
  if (originate === wanted) return method;
  if (caps.ratio < caps.channels && caps.ratio < caps.rate) return 'ratio';
  return caps.channels <= caps.rate ? 'channels' : 'rate';
}

function sentenceOf(limit: PacingLimit, caps: Caps, numbers: Readonly<Record<string, number>>): string {
  const of = (name: string): number => numbers[name] ?? 0;
  const pending = of('unanswered') + of('waiting');
  switch (limit) {
    case 'agents':
      return `${of('agentsFree')} agents free, ${pending} calls under way for them`;
    case 'over-limit':
      return (
        `${of('abandonedDay')} of ${of('answersDay')} answers of the last 24 h were abandoned, or too many in 30 days, ` +
        `over the limit of ${percent(of('limit'))}: one call a free agent until that is made good`
      );
    case 'no-agents':
      return 'no agent is working';
    case 'channels':
      return `${Math.max(0, caps.channels)} channels free on the trunk, ${of('wanted')} wanted`;
    case 'rate':
      return `the trunk's rate allows ${caps.rate} now, ${of('wanted')} wanted`;
    case 'ratio':
      return `${of('unanswered')} calls not yet answered for ${of('agentsWorking')} agents, no more are allowed`;
    case 'trunk':
      return `the trunk lets nothing through (${percent(of('trunkLost'))} lost): one call a second tries it`;
    case 'cold-start':
      return `one call a free agent until enough calls have rung: ${of('seen').toFixed(0)} of ${of('seenNeeded')} so far`;
    case 'abandonment':
      return (
        `${of('agentsFree')} of ${of('agentsWorking')} agents free, ${of('expectedFree').toFixed(1)} expected, ` +
        `${pending} calls under way, ${percent(of('answerRate'))} of them answer ` +
        `(${percent(of('answerRateLow'))}–${percent(of('answerRateHigh'))}): one more would be abandoned with ` +
        `${percent(of('risk'))}, the price is ${percent(of('price'))} at a balance of ${of('balance').toFixed(1)} calls`
      );
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
