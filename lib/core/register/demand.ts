import { dayKind, type Calendar } from '../calendar.ts';
import { absentIs, choice, optional, register, text, time, type RecordOf } from './field.ts';
import { NOTE_HEADERS, PHONE_HEADERS, SOURCE_HEADERS } from './headers.ts';

/** Demands of persons about their data (152-ФЗ). */
export const demandRegister = register({
  name: 'demand',
  doc: 'demands of persons about their data (152-ФЗ)',
  phoneHeaders: PHONE_HEADERS,
  key: ['kind'],
  fields: {
    kind: choice({ doc: 'what is demanded', headers: ['вид', 'требование'] }, ['stop', 'erase', 'access', 'correct']),
    receivedAt: absentIs(
      ({ now }) => now,
      time({ doc: 'when it came; now when not given', headers: ['received', 'получено', 'дата'] }),
    ),
    dueAt: optional(
      time({
        doc: 'when it must be done; 10 working days to stop, 30 days for the rest when not given',
        headers: ['due', 'срок'],
      }),
    ),
    state: absentIs<'open' | 'done' | 'withdrawn'>(
      () => 'open',
      choice({ doc: 'open when not given', headers: ['состояние', 'статус'] }, ['open', 'done', 'withdrawn']),
    ),
    evidence: optional(text({ doc: 'the demand, the answer', headers: ['доказательство', 'документ'] })),
    source: absentIs(({ source }) => source, text({ doc: 'by which channel it came', headers: SOURCE_HEADERS }, 255)),
    note: optional(text({ doc: 'anything worth keeping', headers: NOTE_HEADERS })),
  },
  check({ receivedAt, dueAt, state, evidence }) {
    if (dueAt !== null && dueAt <= receivedAt) {
      return { code: 'DUE_AT_INVALID', reason: 'due_at is not after received_at' };
    }
    return state === 'withdrawn' && evidence === null
      ? { code: 'EVIDENCE_INVALID', reason: 'evidence is missing: a demand is withdrawn only with it' }
      : null;
  },
  opens: ({ state }) => state === 'withdrawn',
});

export type DemandRow = RecordOf<typeof demandRegister.fields>;

const DAY_MS = 86_400_000;
const MOSCOW_MS = 3 * 3_600_000;
const WORKING_DAYS_TO_STOP = 10;
const DAYS_FOR_THE_REST = 30;

/**
 * The midnight in Moscow by which a demand must be done: after 10 working days to stop, 30 calendar days for the rest,
 * the day it came not counted. A year without a calendar has its weekdays only, which comes no later.
 */
export function dueAt(
  kind: DemandRow['kind'],
  receivedAt: number,
  calendars: Readonly<Record<number, Calendar>>,
): number {
  let day = Math.floor((receivedAt + MOSCOW_MS) / DAY_MS);
  if (kind !== 'stop') day += DAYS_FOR_THE_REST;
  for (let left = WORKING_DAYS_TO_STOP; kind === 'stop' && left > 0; ) {
    day += 1;
    if ((dayKind(calendars, null, day) ?? weekday(day)) === 'work') left -= 1;
  }
  return (day + 1) * DAY_MS - MOSCOW_MS;
}

function weekday(day: number): 'work' | 'off' {
  return (day + 4) % 7 === 0 || (day + 4) % 7 === 6 ? 'off' : 'work';
}
