import type { Handlers } from '../server.ts';
import type { Daemon } from './daemon.ts';

/** The ledger's proofs, and files that hold numbers. */
export function ledgerHandlers(daemon: Daemon) {
  const { store, engine, clock } = daemon;
  return {
    'file.written': ({ path, kind }) => {
      engine.floor.act(() => store.writtenFiles.note(path, kind, clock.now()));
      return { path, kind };
    },
  } satisfies Handlers;
}
