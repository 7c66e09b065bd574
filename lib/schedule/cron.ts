import { validateDetailed } from 'node-cron';
import type { CronFields } from '../core/cron.ts';
import { slotsAfter } from '../core/slots.ts';

/** An expression read, or why it is none. */
export type CronRead =
  | { readonly ok: true; readonly fields: CronFields }
  | { readonly ok: false; readonly reasons: readonly string[] };

const NAMES: Readonly<Record<string, string>> = {
  dayOfMonth: 'day of month',
  dayOfWeek: 'day of week',
  second: 'second',
};

/** Reads an expression with node-cron: five fields, or a name such as `@daily`. Its seconds are refused. */
export function readCron(text: string): CronRead {
  if (text.trim().split(/\s+/).length === 6) {
    return { ok: false, reasons: ['six fields: seconds are not kept; give minute, hour, day, month and weekday'] };
  }
  const { valid, fields, errors } = validateDetailed(text);
  if (!valid || fields === undefined) {
    return {
      ok: false,
      reasons: errors.map(({ field, value, message }) =>
        field === 'expression' ? `“${text}” is no cron expression: ${message}` : `${sentence(field, value, message)}`,
      ),
    };
  }
  return {
    ok: true,
    fields: {
      minute: ascending(fields.minute),
      hour: ascending(fields.hour),
      dayOfMonth: fields.dayOfMonth,
      month: ascending(fields.month),
      dayOfWeek: fields.dayOfWeek,
    },
  };
}

/** Whether an expression ever comes: some are well-formed and never do, such as the second Monday that is the 1st. */
export function everComes(fields: CronFields, zone: string, after: number): boolean {
  return slotsAfter(fields, zone, after).next().done !== true;
}

/** node-cron's own message says the field and the value only, in its own spelling. */
function sentence(field: string, value: string | undefined, message: string): string {
  const impossible = /impossible/.test(message) ? 'no such day in that month' : 'not accepted';
  return `${NAMES[field] ?? field}: “${value ?? ''}” is ${impossible === 'not accepted' ? impossible : `never: ${impossible}`}`;
}

/** A range over the end, such as 22-2, comes in the order of its hours. */
function ascending(list: readonly number[]): number[] {
  return [...list].sort((a, b) => a - b);
}
