import { InvalidArgumentError } from 'commander';
import type { PacingMethod } from '../core/pacing/settings.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `30m`, `2h`, `1d` → milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,9})?)([smhd])$/.exec(text);
  const unit = UNIT_MS[match?.[2] ?? ''];
  if (match === null || unit === undefined) throw new InvalidArgumentError('Give a duration such as 90s, 30m or 2h.');
  return Math.round(Number(match[1]) * unit);
}

/** How long a run may be late: `4h`, or `skip` → minutes, 0 for skip. */
export function parseLate(text: string): number {
  if (text === 'skip') return 0;
  const minutes = parseDuration(text) / 60_000;
  if (minutes < 1 || minutes > 10_080) throw new InvalidArgumentError('Give skip, or from 1m to 7d such as 4h.');
  return Math.floor(minutes);
}

/** A repeatable option whose values may hold commas. */
export function addFile(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Give a whole number, 1 or more.');
  return Number(text);
}

/** What a page ended with; 0 begins. */
export function parseCursor(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Give the number the page before ended with.');
  return Number(text);
}

/** `2026-11-22` (local midnight), `2026-11-22T15:00` (local) or with a zone, `…Z`, `…+03:00` → epoch ms. */
export function parseTime(text: string): number {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text.replace(' ', 'T');
  const at = isDay(text.slice(0, 10)) && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('Give a date or a time such as 2026-11-22 or 2026-11-22T15:00.');
  return at;
}

/** `2026-11-23` as it is: a local date of the daemon. */
export function parseDate(text: string): string {
  if (!isDay(text)) throw new InvalidArgumentError('Give a date such as 2026-11-23.');
  return text;
}

/** Whether there is such a day: 31 November is none, though `Date.parse` takes it for 1 December. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00Z`).toJSON()?.startsWith(text) === true;
}

/** `a,b` and repeated options alike add up to one list. */
export function addToList(text: string, before: string[] | undefined): string[] {
  const words = text.split(',').map((word) => word.trim());
  return [...(before ?? []), ...words.filter((word) => word !== '')];
}

/** `phone=Мой столбец`, repeatable: which column of a file holds what. */
export function addColumn(text: string, before: Record<string, string> | undefined): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Give FIELD=HEADER, such as phone=Contact.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** A number, 0 or more. */
export function parseNumber(text: string): number {
  if (!/^\d{1,15}(\.\d{1,15})?$/.test(text)) throw new InvalidArgumentError('Give a number, 0 or more.');
  return Number(text);
}

/** `progressive`, `predictive`, or `ratio:2` for a fixed number of calls an agent. */
export function parseMethod(text: string): { method: PacingMethod; ratio?: number } {
  if (text === 'progressive' || text === 'predictive') return { method: text };
  const ratio = /^ratio:(\d{1,9}(?:\.\d{1,9})?)$/.exec(text);
  if (ratio === null) throw new InvalidArgumentError('Give progressive, predictive or ratio:N such as ratio:2.');
  return { method: 'ratio', ratio: Number(ratio[1]) };
}
