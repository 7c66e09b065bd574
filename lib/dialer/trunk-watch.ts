import type { AttemptEvent, AttemptState } from '../core/attempt.ts';
import { createAnswerBreaker, implausible, INSTANT_MS, noteAnswer, noteEnd } from '../core/guard/answer-breaker.ts';
import {
  callsAllowed,
  createTrunkBreaker,
  FAST_FAILURE_MS,
  isGivenUp,
  noteAlive,
  noteBack,
  noteFailed,
} from '../core/guard/trunk-breaker.ts';
import type { Disposition } from '../core/outcome.ts';
import { messageOf } from '../errors.ts';
import { MISSES, type AttemptRun, type Floor, type Trunk } from './floor.ts';

/** Ends that say nothing of the trunk: we called it off, never placed it, or nobody knows. */
const SILENT: ReadonlySet<Disposition> = new Set(['cancelled', 'not-placed', 'unknown']);
/** States in which the network has not said a word yet. */
const UNHEARD: ReadonlySet<AttemptState> = new Set(['planned', 'in-doubt', 'dialing']);

/** What a move of an attempt says of its trunk. */
export function heedTrunk(
  floor: Floor,
  run: AttemptRun,
  { from, to, event }: { from: AttemptState; to: AttemptState; event: AttemptEvent },
  disposition: Disposition | undefined,
): void {
  const trunk = floor.trunks.get(run.campaign.spec.trunk);
  if (trunk === undefined) return;
  const now = floor.clock.monotonic();
  const agoMs = floor.clock.now() - run.plannedAt;
  if (to === 'ringing') noteAlive(trunk.breaker, now - agoMs, now);
  if (event === 'answered' && run.answeredAt !== null) {
    const delayMs = run.answeredAt - run.plannedAt;
    if (delayMs >= INSTANT_MS) noteAlive(trunk.breaker, now - agoMs, now);
    // Found answered after a gap, nobody knows when it was.
    if (agoMs - delayMs < INSTANT_MS) noteAnswer(trunk.answers, delayMs);
  }
  if (disposition === undefined || SILENT.has(disposition)) return;
  const ownFault = disposition === 'trunk-failure' || (disposition === 'congestion' && agoMs < FAST_FAILURE_MS);
  if (ownFault) noteFailed(trunk.breaker, now - agoMs, now);
  else if (UNHEARD.has(from) && disposition !== 'congestion') noteAlive(trunk.breaker, now - agoMs, now);
  if (!ownFault) noteEnd(trunk.answers, run.answeredAt === null ? null : floor.clock.now() - run.answeredAt);
}

/** The PBX says whether it reaches the trunk. */
export function hearTrunk(floor: Floor, name: string, up: boolean): void {
  const trunk = floor.trunks.get(name);
  if (trunk === undefined || trunk.up === up) return;
  trunk.up = up;
  if (up) noteBack(trunk.breaker, floor.clock.monotonic());
  floor.log.warn({ trunk: name, up }, 'trunk state');
  floor.wake();
}

/** Asks the PBX for the states of these trunks, all by default: what changed while nobody listened is not told again. */
export function askTrunks(floor: Floor, which: (trunk: Trunk) => boolean = () => true): void {
  for (const trunk of [...floor.trunks.values()].filter(which)) {
    floor.pbx.trunkState(trunk.name).then(
      (state) => {
        if (state !== 'unknown') hearTrunk(floor, trunk.name, state === 'up');
      },
      (error: unknown) => floor.log.warn({ trunk: trunk.name, reason: messageOf(error) }, 'trunk state not known'),
    );
  }
}

/** How many calls the guards of the trunk let through now. */
export function guardAllows(floor: Floor, trunk: Trunk): number {
  let waiting = 0;
  for (const run of floor.attempts.values()) {
    // What no survey found will bring no sign of life.
    if (run.state === 'in-doubt' && run.missed >= MISSES) continue;
    if (run.campaign.spec.trunk === trunk.name && UNHEARD.has(run.state)) waiting += 1;
  }
  return callsAllowed(trunk.breaker, waiting, floor.clock.monotonic());
}

/** Why the trunk rests, and until when it will be tried, by the wall clock; null: it does not. */
export function trunkRest(
  floor: Floor,
  { breaker }: Trunk,
): { readonly reason: string; readonly tryAt: number } | null {
  if (breaker.tryAt === null) return null;
  const tryAt = floor.clock.now() + Math.max(0, breaker.tryAt - floor.clock.monotonic());
  return { reason: `${breaker.inARow} calls in a row failed on it`, tryAt };
}

/** What makes the campaigns on a trunk halt until a person has looked; null: nothing. */
export function trunkFault({ name, breaker, answers, answerCheck }: Trunk): string | null {
  if (isGivenUp(breaker)) {
    return (
      `trunk ${name}: ${breaker.inARow} calls in a row got no reply from the network; ` +
      'check it with asterisk -rx "pjsip show contacts", then resume'
    );
  }
  const odd = answerCheck ? implausible(answers) : null;
  return odd === null ? null : `trunk ${name}: ${odd}: call through it yourself, ask the carrier, then resume`;
}

/** A person resumed or started a campaign: a trunk given up is trusted again. */
export function trustTrunk(floor: Floor, name: string): void {
  const trunk = floor.trunks.get(name);
  if (trunk === undefined || trunkFault(trunk) === null) return;
  trunk.breaker = createTrunkBreaker();
  trunk.answers = createAnswerBreaker();
}
