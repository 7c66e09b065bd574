import { optOut } from '../../dialer/opt-outs.ts';
import type { RegistrationRecord } from '../../store/registrations.ts';
import type { Floor } from '../../dialer/floor.ts';
import { resumeLine } from '../../dialer/network-lessons.ts';
import { ObzvonError } from '../../errors.ts';
import type { Line, LineBlock } from '../results.ts';
import type { Handlers } from '../server.ts';
import { phoneTyped, type Daemon } from './daemon.ts';

/** Consents, opt-outs, caller numbers. */
export function registerHandlers(daemon: Daemon) {
  const { store, engine, clock } = daemon;
  return {
    'consent.show': ({ phone: text }) => {
      const phone = phoneTyped(text);
      return { phone, consents: store.consents.of(phone) };
    },
    'optout.add': ({ phone: text, source, note }) => {
      const phone = phoneTyped(text);
      const added = optOut(engine.floor, phone, source, note === undefined ? {} : { note });
      const row = store.optOuts.of(phone)[0];
      if (row === undefined) throw new Error('an opt-out committed and not found');
      return { phone, added, optOut: row };
    },
    'optout.show': ({ phone: text }) => {
      const phone = phoneTyped(text);
      return { phone, optOut: store.optOuts.of(phone)[0] ?? null };
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
    'line.list': () => ({
      lines: store.registrations.all().map(toLine),
      suspended: suspendedLines(engine.floor),
    }),
    'line.resume': ({ phone: text, operator, note }) => {
      const phone = phoneTyped(text);
      const { leads } = resumeLine(engine.floor, phone, operator, note);
      return { phone, operator, leads };
    },
  } satisfies Handlers;
}

function toLine({ caller, createdAt: _createdAt, ...row }: RegistrationRecord): Line {
  return { ...row, phone: caller };
}

/** Caller numbers that call an operator no more, the longest suspended first. */
export function suspendedLines({ network }: Floor): LineBlock[] {
  return [...network.suspended.values()]
    .map(({ caller, ...block }) => ({ phone: caller, ...block }))
    .sort((a, b) => a.since - b.since);
}
