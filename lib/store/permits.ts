import type { AttemptId } from '../core/attempt.ts';
import type { Phone } from '../core/phone.ts';

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

  /** Throws unless this permit was minted by the gate's transaction, is unused, and is at most `maxAgeMs` old. */
  redeem(now: number, maxAgeMs = PERMIT_MS): Permit {
    if (!this.#minted || !genuine.delete(this)) throw new Error('originate without a permit, or with a used one');
    const ageMs = now - this.permit.allowedAt;
    if (ageMs > maxAgeMs || ageMs < -maxAgeMs) {
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
