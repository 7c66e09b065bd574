import type { AttemptId } from '../core/attempt.ts';
import type { Phone } from '../core/phone.ts';
import type { Clock } from '../clock.ts';

/** What is needed to place one call that the gate allowed. */
export interface Permit {
  readonly attempt: AttemptId;
  readonly phone: Phone;
  readonly caller: Phone;
  /** Name of a trunk in config. */
  readonly trunk: string;
  readonly ringTimeoutMs: number;
  /** When the ALLOW was committed, epoch ms. */
  readonly allowedAt: number;
  /** The same moment by the clock that never jumps; it may stand still while the machine sleeps. */
  readonly allowedAtMonotonic: number;
}

/** For so long after the verdict a call may go on the wire. */
export const PERMIT_MS = 1_000;

const genuine = new WeakSet<object>();

/**
 * Proof that a committed ALLOW verdict and its attempt row exist. Only the gate's transaction in this room mints one
 * (the layering test holds `mintPermit` to lib/store/gate-transaction.ts); `Pbx.originate` takes nothing else.
 */
export class PermittedAttempt {
  readonly #minted = true;
  readonly permit: Permit;

  /** @internal use mintPermit */
  constructor(permit: Permit) {
    this.permit = Object.freeze({ ...permit });
  }

  /** Throws unless this permit was minted by the gate's transaction, is unused, and is at most `maxAgeMs` old by either clock. */
  redeem(clock: Pick<Clock, 'now' | 'monotonic'>, maxAgeMs = PERMIT_MS): Permit {
    if (!this.#minted || !genuine.delete(this)) throw new Error('originate without a permit, or with a used one');
    const ages = [clock.now() - this.permit.allowedAt, clock.monotonic() - this.permit.allowedAtMonotonic];
    const ageMs = Math.max(...ages.map(Math.abs));
    // Not a number is no age.
    if (!(ageMs <= maxAgeMs)) {
      throw new Error(`permit is ${Math.round(ageMs)} ms old, more than ${maxAgeMs} ms: ask the gate again`);
    }
    return this.permit;
  }
}

/** Mints the permit; called by the gate's transaction alone, after its commit. */
export function mintPermit(permit: Permit): PermittedAttempt {
  const minted = new PermittedAttempt(permit);
  genuine.add(minted);
  return minted;
}
