import type { Cancel } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Anchor } from '../store/anchors.ts';
import type { Daemon } from './handlers/daemon.ts';

type Anchoring = Pick<Daemon, 'store' | 'clock' | 'config' | 'log'>;

/** Writes the ledger's head outside the database: to the anchors file and to the log. */
export function anchorNow({ store, clock, log }: Omit<Anchoring, 'config'>): Anchor {
  const anchor = store.ledger.anchor(store.anchorsFile, clock.now());
  log.info({ row: anchor.id, hash: anchor.hash }, 'ledger anchored');
  return anchor;
}

/**
 * Anchors the ledger now, every `ledger.everyMin`, and when the answer, its end, is called; a head that has not moved is
 * not written again. A file that cannot be written is an error in the log, and dialing goes on.
 */
export function startAnchoring(daemon: Anchoring): () => void {
  let last = -1;
  let timer: Cancel;
  const anchor = (): void => {
    try {
      if (daemon.store.ledger.head().id !== last) last = anchorNow(daemon).id;
    } catch (error) {
      daemon.log.error({ reason: messageOf(error) }, 'ledger not anchored');
    }
  };
  const next = (): void => {
    anchor();
    timer = daemon.clock.after(daemon.config().ledger.everyMin * 60_000, next);
  };
  next();
  return () => {
    timer();
    anchor();
  };
}
