import type { Phone } from './core/phone.ts';

/** Finds one number in texts, however it is written there. */
export interface NumberText {
  /** Its last digit: a text without it does not hold the number. */
  readonly tail: string;
  readonly in: (text: string) => boolean;
  /** The text without it; JSON stays JSON. */
  readonly without: (text: string) => string;
}

/** What stands between the digits of a number: blanks of any kind, dashes, brackets, dots, slashes, invisible marks. */
const BETWEEN =
  '[\\s()\\[\\].,/\\\\_\\u00ad\\u200b-\\u200f\\u2010-\\u2015\\u202a-\\u202e\\u2060\\u2066-\\u2069\\u2212\\ufeff\\u0000-]{0,4}';
const INSTEAD = '***';

/** `+79161234567` is found as `8 (916) 123-45-67`, `9161234567`, `+7-916…`; other countries' numbers by all their digits. */
export function numberText(phone: Phone): NumberText {
  const digits = phone.slice(1);
  const russian = /^7\d{10}$/.test(digits);
  const own = [...(russian ? digits.slice(1) : digits)].join(BETWEEN);
  const prefix = russian ? `(?:(?:(?:00|810)${BETWEEN})?[78]${BETWEEN})?` : '';
  const pattern = new RegExp(`(?<!\\d)\\+?${prefix}${own}(?!\\d)`, 'g');
  const found = (text: string): boolean => {
    pattern.lastIndex = 0;
    return pattern.test(text);
  };
  const plain = (text: string): string => text.replace(pattern, INSTEAD);
  return {
    tail: digits.slice(-1),
    in: found,
    without: (text) => (found(text) ? withoutIn(text, plain, found) : text),
  };
}

/** In JSON a number that is the phone becomes null, a text loses it: cut out of the middle it would be JSON no more. */
function withoutIn(text: string, plain: (text: string) => string, found: (text: string) => boolean): string {
  if (!/^\s*[[{]/.test(text)) return plain(text);
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return plain(value);
    if (typeof value === 'number') return found(String(value)) ? null : value;
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [plain(key), clean(inner)]));
  };
  try {
    return JSON.stringify(clean(JSON.parse(text)));
  } catch {
    return plain(text);
  }
}
