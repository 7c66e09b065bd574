import type { RegistrationRecord } from '../../store/registrations.ts';
import { ObzvonError } from '../../errors.ts';
import type { Line } from '../results.ts';
import type { Handlers } from '../server.ts';
import { phoneTyped, type Daemon } from './daemon.ts';

/** Consents, caller numbers. */
export function registerHandlers(daemon: Daemon) {
  const { store, engine, clock } = daemon;
  return {
    'consent.show': ({ phone: text }) => {
      const phone = phoneTyped(text);
      return { phone, consents: store.consents.of(phone) };
    },
    'line.add': ({ phone: text, ...given }) => {
      const caller = phoneTyped(text);
      const validTo = given.validTo ?? null;
      if (validTo !== null && validTo <= given.validFrom) {
        throw new ObzvonError('USAGE', 'the registration ends before it begins');
      }
      const id = engine.floor.act(() => {
        const now = clock.now();
        const row = store.registrations.insert(
          { ...given, caller, contract: given.contract ?? null, validTo, verifiedAt: null },
          now,
        );
        store.journal.write({
          at: now,
          subject: 'line',
          id: String(row),
          event: 'added',
          data: { status: given.status },
        });
        return row;
      });
      const added = store.registrations.ofCaller(caller).find((row) => row.id === id);
      if (added === undefined) throw new Error('a registration committed and not found');
      return toLine(added);
    },
    'line.list': () => ({ lines: store.registrations.all().map(toLine) }),
  } satisfies Handlers;
}

function toLine({ caller, createdAt: _createdAt, ...row }: RegistrationRecord): Line {
  return { ...row, phone: caller };
}
