import type { Fault, Fields, RecordOf, Register } from '../../core/register/field.ts';
import { leadRegister, MOST_NUMBERS, numbersOf, TOO_MANY } from '../../core/register/lead.ts';
import { optoutRegister } from '../../core/register/optout.ts';
import { readRow } from '../../core/register/read.ts';
import { parsePhone, phoneToInteger, type Phone } from '../../core/phone.ts';
import { CODES } from '../../core/verdict.ts';
import { optOut } from '../../dialer/opt-outs.ts';
import { placeOf } from '../../dialer/segments.ts';
import type { ImportKind, ImportRow } from '../commands/imports.ts';
import { campaignNamed, type Daemon } from './daemon.ts';
import { createDesks } from './register-desks.ts';

/** What one row came to. */
export type RowResult = 'accepted' | 'duplicate' | Fault | LeadResult;

/** What a lead's row came to: it may bring numbers that are none, and numbers to a lead that is known. */
export interface LeadResult {
  readonly row: 'accepted' | 'duplicate';
  /** Numbers of the row that were not taken. */
  readonly notTaken: readonly Fault[];
  /** New numbers for a known lead. */
  readonly added: number;
  /** The other campaign that has the person; null: none that was asked about. */
  readonly elsewhere: string | null;
}

/** Writes one row inside the caller's transaction; a row that is wrong or known changes nothing. */
export type RowWriter = (row: ImportRow) => RowResult;

/** What an import brings its rows from and to. */
export interface RowOrigin {
  readonly list: string;
  /** Of leads. */
  readonly campaign?: string;
  /** Of leads: whom one of these campaigns has is a duplicate. */
  readonly unlessIn?: readonly string[];
}

const OPT_OUT_ERASED = { code: 'OPT_OUT_ERASED', reason: CODES.OPT_OUT_ERASED.title } as const;

/**
 * Makes the writer of an import's rows; NOT_FOUND when its campaign is not there. An erased person's number is not
 * stored again, whatever list it comes in.
 */
export function rowWriter(daemon: Daemon, kind: ImportKind, origin: RowOrigin): RowWriter {
  const isErased = (phone: Phone) => daemon.store.erasures.erasedAt(phoneToInteger(phone)) !== null;
  if (kind === 'lead') return leadWriter(daemon, origin, isErased);
  const write = writerOf(daemon, kind, origin);
  return (row) => {
    const parsed = parsePhone(row.values['phone'] ?? '');
    return parsed.ok && isErased(parsed.phone) ? OPT_OUT_ERASED : write(row);
  };
}

/**
 * A row is the lead whose any number the campaign has already, and brings it the numbers that are new; a row of numbers
 * nobody has is a new lead. Numbers that are none are told and lose nothing else of the row.
 */
function leadWriter(daemon: Daemon, origin: RowOrigin, isErased: (phone: Phone) => boolean): RowWriter {
  const { store, clock } = daemon;
  const campaign = campaignNamed(daemon, origin.campaign ?? '');
  const others = (origin.unlessIn ?? []).map((name) => campaignNamed(daemon, name));
  return ({ values, row, vars }) => {
    const now = clock.now();
    const { phones, faults } = numbersOf(values);
    const [phone] = phones;
    const [fault] = faults;
    if (phone === undefined && fault !== undefined && (faults.length > 1 || values['phone'] === undefined))
      return fault;
    // The row's first number stands where the register has one.
    const read = readRow(leadRegister, phone === undefined ? values : { ...values, phone }, {
      now,
      source: origin.list,
    });
    if (!read.ok) return read.fault;
    if (phones.some(isErased)) return OPT_OUT_ERASED;
    const result = (of: Partial<LeadResult>): LeadResult => {
      return { row: 'duplicate', notTaken: faults, added: 0, elsewhere: null, ...of };
    };
    const elsewhere = others.find(({ id }) => phones.some((one) => store.leads.find(id, one) !== undefined));
    if (elsewhere !== undefined) return result({ notTaken: [], elsewhere: elsewhere.name });
    const [known] = phones.flatMap((one) => store.leads.find(campaign.id, one) ?? []);
    if (known !== undefined) {
      const { added, leftOut } = store.leads.addNumbers(known, phones, MOST_NUMBERS);
      return result({ added, notTaken: [...faults, ...Array<Fault>(leftOut).fill(TOO_MANY)] });
    }
    const { list } = origin;
    const facets = { ...read.record, list, disposition: null, result: null, attempts: 0, vars };
    store.leads.insert(
      {
        ...read.record,
        others: phones.slice(1),
        campaign: campaign.id,
        vars,
        list,
        listRow: row,
        segment: placeOf(campaign, facets),
      },
      now,
    );
    return result({ row: 'accepted' });
  };
}

function writerOf(daemon: Daemon, kind: Exclude<ImportKind, 'lead'>, origin: RowOrigin): RowWriter {
  const { engine, clock } = daemon;
  const given = () => ({ now: clock.now(), source: origin.list });
  const reading =
    <F extends Fields>(register: Register<F>, write: (record: RecordOf<F>, row: ImportRow) => boolean): RowWriter =>
    (row) => {
      const read = readRow(register, row.values, given());
      if (!read.ok) return read.fault;
      return write(read.record, row) ? 'accepted' : 'duplicate';
    };
  switch (kind) {
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
