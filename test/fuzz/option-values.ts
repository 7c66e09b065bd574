import {
  addColumn,
  addFile,
  addToList,
  parseCount,
  parseCursor,
  parseDate,
  parseDuration,
  parseLate,
  parseMethod,
  parseNumber,
  parseTime,
} from '../../lib/cli/options.ts';
import {
  parseAbandonment,
  parseAgents,
  parseClock,
  parseDays,
  parseDone,
  parseHours,
  parseMaxRatio,
  parseSeed,
  parseSeeds,
  parseUntil,
} from '../../lib/cli/simulate-options.ts';
import type { Random } from '../../lib/sim/random.ts';
import { below, chance, of } from './fuzzer.ts';

/** What a value of no meaning comes to. */
export const BAD = Symbol('bad');

/** Makes a text for an option's value and says, apart from the parser, what it means. */
type ValueMaker = (random: Random) => { readonly text: string; readonly right: unknown };

const OFF = ['', ' ', '-1', '1e3', 'Infinity', 'NaN', '0x10', '٣', '1_000', 'x', '__proto__', '1 ', '+1', '１', '1\n'];
const HUGE = `1${'0'.repeat(400)}`;

/** So often something no number is; else what `make` makes. */
const orOff =
  (make: ValueMaker): ValueMaker =>
  (random) =>
    chance(random, 0.05) ? { text: chance(random, 0.9) ? of(random, OFF) : HUGE, right: BAD } : make(random);

const two = (n: number): string => String(n).padStart(2, '0');
const within = (value: number, low: number, high: number): unknown => (value >= low && value <= high ? value : BAD);

/** Days from 1970 to a date of the proleptic calendar, counted; null when there is no such day. */
function dayNumber(year: number, month: number, day: number): number | null {
  const leap = (y: number): boolean => (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  const lengths = [31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1]!) return null;
  let days = day - 1;
  for (let y = 1970; y < year; y++) days += leap(y) ? 366 : 365;
  for (let m = 0; m < month - 1; m++) days += lengths[m]!;
  return days;
}

function someDay(random: Random): { text: string; number: number | null } {
  const year = 1971 + below(random, 129);
  const [month, day] = [below(random, 14), below(random, 33)];
  return { text: `${year}-${two(month)}-${two(day)}`, number: dayNumber(year, month, day) };
}

const time: ValueMaker = (random) => {
  const { text, number } = someDay(random);
  const [hour, minute] = [below(random, 26), below(random, 62)];
  const [zone, aheadMin] = of(random, [
    ['Z', 0],
    ['+03:00', 180],
    ['-11:30', -690],
  ] as const);
  const at = ((number ?? 0) * 1_440 + hour * 60 + minute - aheadMin) * 60_000;
  const isTime = (hour < 24 && minute < 60) || (hour === 24 && minute === 0);
  return {
    text: `${text}${of(random, ['T', ' '])}${two(hour)}:${two(minute)}${zone}`,
    right: number !== null && isTime ? at : BAD,
  };
};

const decimal = (random: Random, whole: number): { text: string; value: number } => {
  const [units, part] = [below(random, whole), below(random, 100)];
  return chance(random, 0.5)
    ? { text: String(units), value: units }
    : { text: `${units}.${two(part)}`, value: units + part / 100 };
};
const close = (value: number): number => Number(value.toFixed(2));

const duration: ValueMaker = (random) => {
  const [units, unit] = [below(random, 10_000), of(random, [...'smhd', 'S', 'ms', 'w', ''])];
  const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 }[unit];
  return { text: `${units}${unit}`, right: seconds === undefined ? BAD : units * seconds * 1_000 };
};

const share =
  (low: number, high: number): ValueMaker =>
  (random) => {
    const hundredths = below(random, 12_001);
    if (chance(random, 0.5)) {
      const text = `${Math.floor(hundredths / 100)}${of(random, ['.', ','])}${two(hundredths % 100)}${of(random, ['%', ' %'])}`;
      return {
        text,
        right: shareOf(Number(`${Math.floor(hundredths / 100)}.${two(hundredths % 100)}`) / 100, low, high),
      };
    }
    const value = Number((hundredths / 10_000).toFixed(4));
    return { text: value.toFixed(4), right: shareOf(value, low, high) };
  };
const shareOf = (value: number, low: number, high: number): unknown => (value > high || value < low ? BAD : value);

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const LONG: Readonly<Record<string, string>> = {
  sun: 'Sunday',
  tue: 'tues',
  wed: 'WEDNESDAY',
  thu: 'thursday',
  sat: ' sat ',
};

const days: ValueMaker = (random) => {
  const chosen = new Set<number>();
  const parts = Array.from({ length: 1 + below(random, 3) }, () => {
    const [from, length] = [below(random, 7), 1 + below(random, 7)];
    const to = (from + length - 1) % 7;
    for (let i = 0; i < length; i++) chosen.add((from + i) % 7);
    const name = (day: number): string => (chance(random, 0.3) ? (LONG[DAYS[day]!] ?? DAYS[day]!) : DAYS[day]!);
    return length === 1 ? name(from) : `${name(from)}-${name(to)}`;
  });
  if (chance(random, 0.05)) return { text: [...parts, of(random, ['', 'xyz', 'mo', 'mon-'])].join(','), right: BAD };
  return { text: parts.join(','), right: DAYS.filter((_, day) => chosen.has(day)) };
};

const agents: ValueMaker = (random) => {
  const [from, to, step] = [below(random, 60), below(random, 60), below(random, 6)];
  if (chance(random, 0.3)) return { text: String(from), right: from >= 1 ? [from] : BAD };
  const sizes: number[] = [];
  for (let size = from; step > 0 && size <= to; size += step) sizes.push(size);
  const ok = from >= 1 && to >= from && step >= 1 && sizes.length <= 50;
  return { text: `${from}..${to}..${step}`, right: ok ? sizes : BAD };
};

const LISTS = ['a', 'база', ' a b ', '__proto__', ''];

/** By the parser commander is given. */
export const VALUES: ReadonlyMap<unknown, ValueMaker> = new Map<unknown, ValueMaker>([
  [parseDuration, orOff(duration)],
  [
    parseLate,
    orOff((random) => {
      if (chance(random, 0.2)) return { text: 'skip', right: 0 };
      const { text, right } = duration(random);
      const minutes = typeof right === 'number' ? Math.trunc(right / 60_000) : 0;
      return { text, right: minutes >= 1 && Number(right) <= 10_080 * 60_000 ? minutes : BAD };
    }),
  ],
  [
    parseCount,
    orOff((random) => {
      const value = below(random, 5) === 0 ? below(random, 2) : below(random, 999_999_999);
      return { text: String(value), right: value >= 1 ? value : BAD };
    }),
  ],
  [
    parseCursor,
    orOff((random) => {
      const value = below(random, 1_000_000);
      return { text: String(value), right: value };
    }),
  ],
  [parseTime, orOff(time)],
  [
    parseDate,
    orOff((random) => {
      const { text, number } = someDay(random);
      return { text, right: number === null ? BAD : text };
    }),
  ],
  [
    parseUntil,
    orOff((random) => {
      if (chance(random, 0.5)) {
        const { text, right } = time(random);
        return { text, right: right === BAD ? BAD : { at: right } };
      }
      const { text, number } = someDay(random);
      return { text, right: number === null ? BAD : { date: text } };
    }),
  ],
  [
    addToList,
    (random) => {
      const parts = Array.from({ length: below(random, 4) }, () => of(random, LISTS));
      return { text: parts.join(','), right: parts.map((part) => part.trim()).filter((part) => part !== '') };
    },
  ],
  [
    addFile,
    (random) => {
      const text = of(random, ['a.csv', 'a,b.csv', '{date}.csv', '__proto__']);
      return { text, right: [text] };
    },
  ],
  [
    addColumn,
    (random) => {
      const [field, header] = [
        of(random, ['phone', 'имя', '__proto__', 'constructor', '']),
        of(random, ['Тел', 'a=b', '']),
      ];
      const right = Object.fromEntries([[field, header]]);
      return { text: `${field}=${header}`, right: field === '' ? BAD : right };
    },
  ],
  [
    parseNumber,
    orOff((random) => {
      const { text, value } = decimal(random, 1_000_000);
      return { text, right: close(value) };
    }),
  ],
  [
    parseMethod,
    orOff((random) => {
      const { text, value } = decimal(random, 9);
      if (chance(random, 0.3)) return { text: `ratio:${text}`, right: { method: 'ratio', ratio: close(value) } };
      const word = of(random, ['progressive', 'predictive', 'Ratio:2', 'ratio:', 'ratio:-1', 'constructor']);
      return { text: word, right: word.startsWith('p') ? { method: word } : BAD };
    }),
  ],
  [parseAbandonment, orOffShare(share(0, 0.1))],
  [parseDone, orOffShare(share(Number.MIN_VALUE, 1))],
  [
    parseMaxRatio,
    orOff((random) => {
      const { text, value } = decimal(random, 60);
      return { text, right: within(close(value), 1, 50) };
    }),
  ],
  [
    parseHours,
    orOff((random) => {
      const { text, value } = decimal(random, 30);
      return { text, right: close(value) * 60 < 1 ? BAD : within(close(value), 0, 24) };
    }),
  ],
  [
    parseClock,
    orOff((random) => {
      const [hour, minute] = [below(random, 27), below(random, 62)];
      const ok = minute < 60 && (hour < 24 || (hour === 24 && minute === 0));
      return {
        text: `${chance(random, 0.5) ? hour : two(hour)}:${two(minute)}`,
        right: ok ? `${two(hour)}:${two(minute)}` : BAD,
      };
    }),
  ],
  [parseDays, days],
  [
    parseAgents,
    (random) => {
      const made = orOff(agents)(random);
      // A list may have blanks around its parts.
      return made.text.trim() === '1' ? { ...made, right: [1] } : made;
    },
  ],
  [parseSeeds, orOff((random) => number(below(random, 250), 1, 200))],
  [parseSeed, orOff((random) => number(below(random, 2_400_000_000), 0, 2_147_483_647))],
]);

/** A share may have spaces around it. */
function orOffShare(make: ValueMaker): ValueMaker {
  return (random) =>
    chance(random, 0.05) ? { text: of(random, ['', 'x', '-1', '1e-3', 'NaN', '0x1', HUGE]), right: BAD } : make(random);
}

function number(value: number, low: number, high: number): { text: string; right: unknown } {
  return { text: String(value), right: within(value, low, high) };
}
