import type { Texts } from '../../core/register/read.ts';
import type { RegistrationRecord } from '../../store/registrations.ts';
import type { Floor } from '../../dialer/floor.ts';
import { unblockLine } from '../../dialer/network-lessons.ts';
import { ObzvonError } from '../../errors.ts';
import type { Commands } from '../commands.ts';
import type { Line, LineBlock } from '../commands/lines.ts';
import type { Handlers } from '../server.ts';
import { phoneTyped, type Daemon } from './daemon.ts';
import { createDesks } from './register-desks.ts';

/** Consents, caller numbers. */
export function registerHandlers(daemon: Daemon) {
  const { store, engine, clock } = daemon;
  return {
    'consent.show': ({ phone: text }) => {
      const phone = phoneTyped(text);
      return { phone, consents: store.consents.of(phone) };
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
    'line.list': () => ({
      lines: store.registrations.all().map(toLine),
      suspended: suspendedLines(engine.floor),
    }),
    'line.unblock': ({ phone: text, operator, note }) => {
      const phone = phoneTyped(text);
      unblockLine(engine.floor, phone, operator, note);
      return { phone, operator };
    },
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

/** Caller numbers that call an operator no more, the longest suspended first. */
export function suspendedLines({ network }: Floor): LineBlock[] {
  return [...network.suspended.values()]
    .map(({ caller, ...block }) => ({ phone: caller, ...block }))
    .sort((a, b) => a.since - b.since);
}
