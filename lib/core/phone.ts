import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { NumberCode } from './verdict.ts';

declare const phone: unique symbol;

/** A number in canonical E.164: `+` and 7 to 15 digits. Made by `parsePhone` alone. */
export type Phone = string & { readonly [phone]: true };

/** A canonical number, or why the text is none. */
export type ParsedPhone =
  | { readonly ok: true; readonly phone: Phone }
  | { readonly ok: false; readonly code: NumberCode; readonly reason: string };

/** Digits of an emergency number in any Russian spelling, with or without 8 or 7 before it. */
const EMERGENCY = /^[78]?(?:112|10[1-4]|0[1-4])$/;

const LONGEST_TEXT = 200;
/** So many digits may be a number of their own. */
const WHOLE_DIGITS = 7;
/** No cell has more numbers than fit into this. */
const LONGEST_CELL = 1_000;
const LABEL =
  /^(?:телефон|тел|мобильный|моб|сотовый|сот|рабочий|раб|домашний|дом|phone|tel|mobile|mob|cell)[.:\s]*(?=[\p{L}\d+(])/iu;
const EXTENSION =
  /^(.*?\d.*?)[\s;,(]*(?:добавочный|доб|доп|внутренний|внутр|вн|extension|ext|x|х|#|№|\*)[\s.:=№]*\d{1,8}\)?$/iu;
const SPREADSHEET = /^\d+(?:[.,]\d+)?\s*[eе]\s*\+?\d+$/iu;
const DECIMAL = /^\d{7,}[.,]\d{1,6}$/;
const BETWEEN_NUMBERS = /[,;/|]|(?<=\s)(?:или|и|or|and)(?=\s)/iu;
const NUMBER_ALONE = /^\(?\+?[\d\s().-]*$/;

/** Reads a phone number as people and spreadsheets write it; without a country code it is Russian. */
export function parsePhone(text: string): ParsedPhone {
  const national = plainNational(text);
  return national === null ? carefully(text) : russian(String(national).padStart(10, '0'));
}

/** Marks and words people write between numbers in one cell. */
const CELL_BREAK = /[,;/|\r\n]|(?<=\s)(?:или|и|or|and)(?=\s)/iu;

/**
 * Reads each of the numbers in one cell, in order, as `parsePhone` reads one; text that is no number of its own, such as
 * an extension, belongs to the number before it. A cell without two whole numbers is one.
 */
export function parsePhones(text: string): ParsedPhone[] {
  const parts: string[] = [];
  let whole = 0;
  for (const part of text.slice(0, LONGEST_CELL).split(CELL_BREAK)) {
    if (part.trim() === '') continue;
    const isWhole = part.replace(/\D/g, '').length >= WHOLE_DIGITS;
    if (isWhole) whole += 1;
    if (isWhole || parts.length === 0) parts.push(part);
    else parts.push(`${parts.pop()},${part}`);
  }
  return whole < 2 ? [parsePhone(text)] : parts.map(parsePhone);
}

/**
 * As `parsePhone`, for long lists: the digits as `phoneToInteger` gives them, or null where `parsePhone` must be asked.
 */
export function plainPhoneInteger(text: string): number | null {
  const national = plainNational(text);
  return national !== null && isRussian(national) ? COUNTRY_7 + national : null;
}

const COUNTRY_7 = 70_000_000_000;

/**
 * The ten digits of a Russian number written with nothing but digits, spaces, hyphens and brackets, after +7, 8, 7 or
 * nothing; null for any other text. Such text means the same to `carefully`, which takes ten times as long.
 */
function plainNational(text: string): number | null {
  const { length } = text;
  if (length < 10 || length > 24) return null;
  const plus = text.charCodeAt(0) === 0x2b;
  let digits = 0;
  let value = 0;
  for (let i = plus ? 1 : 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) {
      digits += 1;
      value = value * 10 + code - 0x30;
    } else if (code !== 0x20 && code !== 0x2d && code !== 0x28 && code !== 0x29) return null;
  }
  if (digits === 10) return plus ? null : value;
  if (digits !== 11 || value < COUNTRY_7 || value >= (plus ? 80_000_000_000 : 90_000_000_000)) return null;
  const national = value % 10_000_000_000;
  // 8 10 leads abroad.
  return value >= 80_000_000_000 && Math.floor(national / 100_000_000) === 10 ? null : national;
}

function carefully(text: string): ParsedPhone {
  if (text.length > LONGEST_TEXT) return no('NUMBER_MALFORMED', `longer than ${LONGEST_TEXT} characters`);
  if (/\p{Cc}/u.test(text)) return no('NUMBER_MALFORMED', 'has control characters (tab, line end or the like)');
  const clean = tidy(text);
  const damage = spreadsheetDamage(clean);
  if (damage !== null) return no('NUMBER_MALFORMED', damage);
  const beforeExtension = EXTENSION.exec(clean)?.[1];
  if (beforeExtension !== undefined) return withExtension(parsePhone(beforeExtension));
  const parts = clean.split(BETWEEN_NUMBERS).filter((part) => part.trim() !== '');
  return parts.length > 1 ? several(clean, parts) : alone((parts[0] ?? '').trim());
}

/** Takes off what a number may be wrapped in: bidi marks, odd spaces and dashes, quotes, `тел.` */
function tidy(text: string): string {
  let clean = text
    .replace(/\p{Cf}/gu, '')
    .replace(/\p{Zs}/gu, ' ')
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replace('\uff0b', '+')
    .replace(/^[\s'"`’‘«“]+|[\s'"`’‘»”]+$/gu, '');
  for (let label = LABEL.exec(clean); label !== null; label = LABEL.exec(clean)) clean = clean.slice(label[0].length);
  return clean;
}

function spreadsheetDamage(clean: string): string | null {
  if (SPREADSHEET.test(clean)) {
    return 'a spreadsheet turned it into a power of ten and lost digits: format the column as text, then export again';
  }
  if (DECIMAL.test(clean)) return 'a spreadsheet made a decimal of it: format the column as text, then export again';
  return null;
}

function several(clean: string, parts: readonly string[]): ParsedPhone {
  const digits = parts.map((part) => part.replace(/\D/g, '').length);
  const whole = digits.filter((count) => count >= WHOLE_DIGITS).length;
  if (whole > 1 || (whole === 1 && clean.includes('/'))) {
    return no('NUMBER_AMBIGUOUS', 'more than one number: give each its own row or column');
  }
  const [first = '', ...rest] = parts;
  if (whole === 1 && rest.every((part) => /^\s*\d{1,6}\s*$/.test(part))) return withExtension(parsePhone(first));
  return no('NUMBER_MALFORMED', 'has text that is no part of a number');
}

function withExtension(main: ParsedPhone): ParsedPhone {
  return main.ok ? no('NUMBER_HAS_EXTENSION', 'has an extension, which a dialer cannot reach') : main;
}

function alone(text: string): ParsedPhone {
  const digits = text.replace(/\D/g, '');
  if (digits.length >= 14 && text.split('+').length > 2) {
    return no('NUMBER_AMBIGUOUS', 'more than one number: give each its own row or column');
  }
  if (!NUMBER_ALONE.test(text)) return no('NUMBER_MALFORMED', 'has characters that are no part of a number');
  if (digits === '') return no('NUMBER_MALFORMED', 'empty');
  if (EMERGENCY.test(digits)) return no('NUMBER_EMERGENCY', 'an emergency number');
  if (digits.length <= 6) return no('NUMBER_SHORT', `a short number of ${digits.length} digits`);
  if (digits.length > 16) return no('NUMBER_AMBIGUOUS', `${digits.length} digits: more than one number?`);
  return text.includes('+') ? international(digits) : domestic(digits);
}

function domestic(digits: string): ParsedPhone {
  if (digits.length === 10) return russian(digits);
  if (digits.length > 10 && digits.startsWith('810')) return international(digits.slice(3));
  if (digits.length === 11 && /^[78]/.test(digits)) return russian(digits.slice(1));
  if (digits.length < 10) return no('NUMBER_MALFORMED', `${digits.length} digits: the area code is missing`);
  return no('NUMBER_MALFORMED', `${digits.length} digits: a Russian number has 10 after +7 or 8`);
}

function international(digits: string): ParsedPhone {
  if (digits.startsWith('7')) {
    if (digits.length === 11) return russian(digits.slice(1));
    return no('NUMBER_MALFORMED', `${digits.length - 1} digits after +7 instead of 10`);
  }
  const parsed = parsePhoneNumberFromString(`+${digits}`);
  // The library takes German numbers of 16 digits for valid, and Iranian ones of 6 behind their trunk 0; E.164 ends at
  // 15, and under 7 nothing is a number here.
  if (parsed === undefined || !parsed.isValid() || parsed.number.length > 16 || parsed.number.length < 8) {
    return no('NUMBER_MALFORMED', 'no country has such a number');
  }
  return { ok: true, phone: parsed.number as Phone };
}

function russian(national: string): ParsedPhone {
  if (isRussian(Number(national))) return { ok: true, phone: `+7${national}` as Phone };
  return no('NUMBER_MALFORMED', `+7 ${national.slice(0, 3)} is no Russian code: is a digit missing or one too many?`);
}

/** What the library said of each first six digits after +7: 0 not asked yet, 1 a number, 2 none. */
const heard = new Uint8Array(1_000_000);

/**
 * Whether +7 goes on with these ten digits. The library's patterns for +7 end in four free digits, so its answer for
 * the first six is its answer for all. Classes it knows nothing of keep their shape and are judged by number-class.
 */
function isRussian(national: number): boolean {
  const first = Math.floor(national / 10_000);
  let known = heard[first];
  if (known === 0) {
    const digits = String(first).padStart(6, '0');
    const judgedByClass = /^(?:[0-2]|[56]|80)/.test(digits);
    known = judgedByClass || parsePhoneNumberFromString(`+7${digits}0000`)?.isValid() === true ? 1 : 2;
    heard[first] = known;
  }
  return known === 1;
}

function no(code: NumberCode, reason: string): ParsedPhone {
  return { ok: false, code, reason };
}

/** Whether these digits, as dialed, would reach an emergency service. */
export function isEmergency(digits: string): boolean {
  return EMERGENCY.test(digits);
}

/** ISO code of the number's country, null when the library cannot tell. */
export function countryOf(number: Phone): string | null {
  return parsePhoneNumberFromString(number)?.country ?? null;
}

/** Whether `phoneToInteger` of some number gives this. */
export function isPhoneInteger(integer: number): boolean {
  if (!Number.isSafeInteger(integer)) return false;
  if (integer >= COUNTRY_7 && integer < COUNTRY_7 + 10_000_000_000) return isRussian(integer - COUNTRY_7);
  const parsed = parsePhone(`+${integer}`);
  return parsed.ok && parsed.phone === `+${integer}`;
}

/** The digits as an integer, as the store keeps them: 15 digits fit a double exactly. */
export function phoneToInteger(number: Phone): number {
  return Number(number.slice(1));
}

/** The way back from `phoneToInteger`; throws on an integer that is no number's. */
export function phoneFromInteger(integer: number): Phone {
  if (!Number.isSafeInteger(integer) || integer < 1_000_000 || integer > 999_999_999_999_999) {
    throw new RangeError('not the integer of a phone number');
  }
  return `+${integer}` as Phone;
}
