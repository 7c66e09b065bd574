import type { Fault, Fields, RecordOf, Register } from '../../core/register/field.ts';
import { leadRegister } from '../../core/register/lead.ts';
import { optoutRegister } from '../../core/register/optout.ts';
import { readRow } from '../../core/register/read.ts';
import { parsePhone, phoneToInteger } from '../../core/phone.ts';
import { CODES } from '../../core/verdict.ts';
import { optOut } from '../../dialer/opt-outs.ts';
import type { ImportKind, ImportRow } from '../protocol.ts';
import { campaignNamed, type Daemon } from './daemon.ts';
import { createDesks } from './register-desks.ts';

/** What one row came to. */
export type RowResult = 'accepted' | 'duplicate' | Fault;

/** Writes one row inside the caller's transaction; a row that is wrong or known changes nothing. */
export type RowWriter = (row: ImportRow) => RowResult;

/** What an import brings its rows from and to. */
export interface RowOrigin {
  readonly list: string;
  /** Of leads. */
  readonly campaign?: string;
}

const OPT_OUT_ERASED = { code: 'OPT_OUT_ERASED', reason: CODES.OPT_OUT_ERASED.title } as const;

/**
 * Makes the writer of an import's rows; NOT_FOUND when its campaign is not there. An erased person's number is not
 * stored again, whatever list it comes in.
 */
export function rowWriter(daemon: Daemon, kind: ImportKind, origin: RowOrigin): RowWriter {
  const write = writerOf(daemon, kind, origin);
  return (row) => {
    const parsed = parsePhone(row.values['phone'] ?? '');
    const erased = parsed.ok && daemon.store.erasures.erasedAt(phoneToInteger(parsed.phone)) !== null;
    return erased ? OPT_OUT_ERASED : write(row);
  };
}

function writerOf(daemon: Daemon, kind: ImportKind, origin: RowOrigin): RowWriter {
  const { store, engine, clock } = daemon;
  const given = () => ({ now: clock.now(), source: origin.list });
  const reading =
    <F extends Fields>(register: Register<F>, write: (record: RecordOf<F>, row: ImportRow) => boolean): RowWriter =>
    (row) => {
      const read = readRow(register, row.values, given());
      if (!read.ok) return read.fault;
      return write(read.record, row) ? 'accepted' : 'duplicate';
    };
  switch (kind) {
    case 'lead': {
      const campaign = campaignNamed(daemon, origin.campaign ?? '').id;
      return reading(leadRegister, (lead, { row, vars }) =>
        store.leads.insert({ ...lead, campaign, vars, list: origin.list, listRow: row }, clock.now()),
      );
    }
    case 'optout':
      return reading(optoutRegister, ({ phone, ...said }) =>
        optOut(engine.floor, phone, { kind: 'opt-out', attempt: null, ...said }),
      );
    default: {
      const desk = createDesks(daemon)[kind];
      return ({ values }) => {
        // A row of the past is known too: an old file imported again undoes nothing.
        const written = desk.add(values, given(), { known: 'ever', opening: true });
        if (!written.ok) return written.fault;
        return written.id === null ? 'duplicate' : 'accepted';
      };
    }
  }
}
