import type { Texts } from '../../core/register/read.ts';
import { optOut } from '../../dialer/opt-outs.ts';
import type { RegistrationRecord } from '../../store/registrations.ts';
import { ObzvonError } from '../../errors.ts';
import type { Commands } from '../protocol.ts';
import type { Line } from '../results.ts';
import type { Handlers } from '../server.ts';
import { phoneTyped, type Daemon } from './daemon.ts';
import { createDesks } from './register-desks.ts';

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
    'line.add': (args) => {
      const caller = phoneTyped(args.phone);
      const desk = createDesks(daemon).line;
      const id = engine.floor.act(() => {
        const given = { now: clock.now(), source: 'cli' };
        const written = desk.add(lineTexts(args), given, { known: 'standing', opening: true });
        if (!written.ok) throw new ObzvonError('USAGE', written.fault.reason);
        if (written.id !== null) {
          const data = { status: args.status, source: given.source };
          store.journal.write({ at: given.now, subject: 'line', id: String(written.id), event: 'added', data });
        }
        return written.id;
      });
      const same = ({ operator, entity }: RegistrationRecord) => operator === args.operator && entity === args.entity;
      const line = store.registrations.ofCaller(caller).find((row) => row.id === id || (id === null && same(row)));
      if (line === undefined) throw new Error('a registration committed and not found');
      return toLine(line);
    },
    'line.list': () => ({ lines: store.registrations.all().map(toLine) }),
  } satisfies Handlers;
}

function lineTexts({ purposes, validFrom, validTo, ...texts }: Commands['line.add']['args']): Texts {
  return {
    ...{ ...texts, contract: texts.contract ?? '' },
    purposes: purposes.join(' '),
    valid_from: new Date(validFrom).toISOString(),
    ...(validTo === undefined ? {} : { valid_to: new Date(validTo).toISOString() }),
  };
}

function toLine({ createdAt: _createdAt, standing: _standing, ...row }: RegistrationRecord): Line {
  return row;
}
