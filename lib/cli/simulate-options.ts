import { InvalidArgumentError } from 'commander';
import type { Weekday } from '../sim/scenario.ts';
import { isDay } from './options.ts';

// The simulator itself is loaded only when it runs: what reads the command line knows its types alone.
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const satisfies readonly Weekday[];

/** What `obzvon simulate` may be told, as parsed. */
export interface SimulateOptions {
  readonly list?: boolean;
  readonly campaign?: string;
  readonly agents?: readonly number[];
  readonly target?: number;
  readonly limit?: number;
  readonly maxRatio?: number;
  readonly maxUnanswered?: number;
  readonly compare?: readonly string[];
  readonly bestHour?: boolean;
  readonly seeds: number;
  readonly seed: number;
  readonly hours?: number;
  readonly from?: string;
  readonly to?: string;
  readonly days?: readonly Weekday[];
  readonly start?: number;
  readonly until?: Until;
  readonly done: number;
  readonly html?: string;
  readonly save?: string;
  readonly threads?: number;
}

/** A weekday, a date, or an instant. */
export type Until = { readonly weekday: Weekday } | { readonly date: string } | { readonly at: number };

const MOST_AGENTS = 2000;
const MOST_SIZES = 50;

/** `12`, `8..20`, `8..20..4`, `8,12,16` → agents, in order, each once. */
export function parseAgents(text: string): number[] {
  const sizes = text.split(',').flatMap((part) => {
    const match = /^\s*(\d{1,4})(?:\.\.(\d{1,4})(?:\.\.(\d{1,4}))?)?\s*$/.exec(part);
    if (match === null) throw new InvalidArgumentError('Give a number such as 12, a range such as 8..20, or 8,12,16.');
    const from = Number(match[1]);
    const to = Number(match[2] ?? from);
    const step = Number(match[3] ?? 1);
    if (to < from) throw new InvalidArgumentError(`A range goes up: ${to}..${from}.`);
    if (from < 1 || to > MOST_AGENTS) throw new InvalidArgumentError(`Give 1 to ${MOST_AGENTS} agents.`);
    if (step < 1) throw new InvalidArgumentError('A range’s step is 1 or more.');
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
  });
  const each = [...new Set(sizes)].sort((a, b) => a - b);
  if (each.length > MOST_SIZES) {
    throw new InvalidArgumentError(`At most ${MOST_SIZES} sizes in one run; a step makes fewer: 10..200..10.`);
  }
  return each;
}

/** `2%` or `0.02` → 0.02, within 0 and `most`. */
function share(text: string, most: number): number {
  const match = /^(\d+(?:[.,]\d+)?)\s*(%?)$/.exec(text.trim());
  const value = match === null ? Number.NaN : Number(match[1]?.replace(',', '.')) / (match[2] === '%' ? 100 : 1);
  if (Number.isNaN(value)) throw new InvalidArgumentError('Give a share such as 2% or 0.02.');
  if (value > most) {
    const percent = match?.[2] !== '%' && value <= 100 && value / 100 <= most;
    throw new InvalidArgumentError(`At most ${100 * most} %.${percent ? ` Did you mean ${text}%?` : ''}`);
  }
  return value;
}

/** A share of abandoned calls. */
export const parseAbandonment = (text: string): number => share(text, 0.1);

/** A share of leads. */
export function parseDone(text: string): number {
  const value = share(text, 1);
  if (value <= 0) throw new InvalidArgumentError('Give a share above 0, such as 99%.');
  return value;
}

/** A number above 0, such as 2.5. */
export function parseMaxRatio(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < 1 || value > 50) throw new InvalidArgumentError('Give 1 to 50.');
  return value;
}

/** `8` or `7.5` hours, one minute to a day. */
export function parseHours(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value * 60 < 1 || value > 24) {
    throw new InvalidArgumentError('Give hours such as 8 or 7.5, 24 at most.');
  }
  return value;
}

/** `09:00`, `9:00`, `24:00`. */
export function parseClock(text: string): string {
  const match = /^(\d|[01]\d|2[0-4]):([0-5]\d)$/.exec(text);
  if (match === null || (Number(match[1]) === 24 && match[2] !== '00')) {
    throw new InvalidArgumentError('Give a time of day such as 09:00.');
  }
  return `${match[1]?.padStart(2, '0')}:${match[2]}`;
}

/** `mon-fri`, `mon,wed,sat`, `all`. */
export function parseDays(text: string): Weekday[] {
  if (text === 'all') return [...WEEKDAYS];
  const chosen = text.split(',').flatMap((part): Weekday[] => {
    const [first, last = first, ...more] = part.split('-').map((name) => weekday(name) ?? null);
    if (first === undefined || first === null || last === undefined || last === null || more.length > 0)
      throw new InvalidArgumentError('Give days such as mon-fri or mon,wed.');
    const from = WEEKDAYS.indexOf(first);
    const count = ((WEEKDAYS.indexOf(last) - from + 7) % 7) + 1;
    return Array.from({ length: count }, (_, index) => WEEKDAYS[(from + index) % 7] ?? first);
  });
  return WEEKDAYS.filter((day) => chosen.includes(day));
}

function weekday(text: string): Weekday | undefined {
  const word = text.trim().toLowerCase();
  const day = WEEKDAYS.find((one) => one === word.slice(0, 3));
  return /^(sun|mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?)(day)?$/.test(word) ? day : undefined;
}

/** `friday`, `2026-11-27`, `2026-11-27T18:00`. */
export function parseUntil(text: string): Until {
  const day = weekday(text);
  if (day !== undefined) return { weekday: day };
  if (isDay(text)) return { date: text };
  const at =
    isDay(text.slice(0, 10)) && /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text)
      ? Date.parse(text.replace(' ', 'T'))
      : Number.NaN;
  if (Number.isNaN(at)) {
    throw new InvalidArgumentError('Give a day such as friday or 2026-11-27, or a time such as 2026-11-27T18:00.');
  }
  return { at };
}

/** A seed: 0 to 2³¹. */
export function parseSeed(text: string): number {
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value > 2_147_483_647) throw new InvalidArgumentError('Give a whole number.');
  return value;
}

/** How many seeds, 1 to 200. */
export function parseSeeds(text: string): number {
  const value = Number(text);
  if (!/^\d{1,3}$/.test(text) || value < 1 || value > 200) throw new InvalidArgumentError('Give 1 to 200.');
  return value;
}
