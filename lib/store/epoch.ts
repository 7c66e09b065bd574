import { ObzvonError } from '../errors.ts';
import type { Db } from './open.ts';

/** What keeps a daemon that was stopped, and lost its lock meanwhile, from writing or dialing when it goes on. */
export interface Fence {
  /** Throws STORE_FENCED when a later daemon has taken the database. Inside a transaction that writes it stays true. */
  check(): void;
}

/** Takes the database: every daemon that had it before is fenced off from now on. */
export function raiseEpoch(db: Db): Fence {
  const stored = db.prepare<[], number>('SELECT epoch FROM epoch WHERE one = 1').pluck();
  const raise = db.prepare<[], number>('UPDATE epoch SET epoch = epoch + 1 WHERE one = 1 RETURNING epoch').pluck();
  const own = db.transaction(() => raise.get()).immediate();
  if (own === undefined) throw new ObzvonError('STORE_FAILED', 'the database has lost the row of its epoch');
  return {
    check() {
      const found = stored.get();
      if (found === own) return;
      throw new ObzvonError(
        'STORE_FENCED',
        `another daemon has taken the database: it is in epoch ${found ?? 'none'}, this daemon in ${own}`,
      );
    },
  };
}
