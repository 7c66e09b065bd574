import type { Logger } from '../lib/log.ts';
import type { AmiLink } from './ami.ts';

/** Whether Asterisk has loaded everything, as AMI's FullyBooted tells. */
export interface Boot {
  fullyBooted(): void;
  amiDown(): void;
  ariUp(): void;
  ariLost(): void;
  /** Settles when it has, or when AMI has not said so in time; `restarted`: it is another process than before. */
  wait(restarted: boolean): Promise<void>;
  /** Lets those go who wait. */
  stop(): void;
}

/** Before FullyBooted modules, trunks and dialplan are still coming; without AMI an answer over ARI must do. */
export function createBoot(options: {
  /** Null when none is configured. */
  readonly ami: () => Pick<AmiLink, 'hurry' | 'renew'> | null;
  /** Runs a function after so many ms, unless the adapter has stopped. */
  readonly later: (ms: number, run: () => void) => void;
  readonly limitMs: number;
  readonly log: Logger;
}): Boot {
  const { ami, later, limitMs, log } = options;
  let booted = false;
  let up = false;
  /** What was heard is from before the loss of ARI. */
  let old = false;
  let tell = (): void => undefined;

  return {
    fullyBooted() {
      booted = true;
      old = false;
      tell();
    },
    amiDown() {
      booted = false;
    },
    ariUp() {
      up = true;
    },
    ariLost() {
      if (up) old = booted;
      up = false;
    },
    async wait(restarted) {
      const link = ami();
      if (link === null) return;
      // What said so may have been the process that is gone, on a connection that did not notice its end.
      if (restarted && old) link.renew('another Asterisk process answers');
      else if (booted) return;
      link.hurry();
      await new Promise<void>((done) => {
        tell = done;
        later(limitMs, done);
      });
      if (!booted) log.warn('AMI did not say FullyBooted: is AMI reachable, and has its user read = call,system?');
    },
    stop: () => tell(),
  };
}
