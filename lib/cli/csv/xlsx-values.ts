/** Which cell styles show a date. */
export interface CellStyles {
  readonly isDate: (style: number) => boolean;
}

const DAY_MS = 86_400_000;
const DAY_ZERO = Date.UTC(1899, 11, 30);
const DAY_ZERO_1904 = Date.UTC(1904, 0, 1);
/** 31 December 9999, the last day a spreadsheet knows. */
const LAST_DAY = 2_958_465;

/** Styles by the number formats of their cells: built-in ones by number, a workbook's own by their code. */
export function dateStyles(formatOfStyle: readonly number[], ownFormats: ReadonlyMap<number, string>): CellStyles {
  const isDate = formatOfStyle.map((id) => {
    const own = ownFormats.get(id);
    return own === undefined ? isBuiltInDate(id) : isDateCode(own);
  });
  return { isDate: (style) => isDate[style] === true };
}

/** Numbers 14 to 22 and 45 to 47 everywhere, 27 to 36 and 50 to 58 in Asian editions (ECMA-376, part 1, 18.8.30). */
function isBuiltInDate(id: number): boolean {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);
}

function isDateCode(code: string): boolean {
  const bare = code.replace(/"[^"]*"|\\.|_.|\*./g, '').replace(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, '');
  return /[ymdhs]/i.test(bare) && !/general/i.test(bare);
}

/** A cell's text: shared strings looked up, numbers with all their digits, dates as ISO. */
export function cellText(
  kind: string,
  value: string,
  isDate: boolean,
  book: { readonly strings: readonly string[]; readonly from1904: boolean },
): string {
  if (kind === 's') return book.strings[Number(value)] ?? '';
  if (kind === 'b') return value === '1' ? 'true' : 'false';
  if (kind !== 'n' || value.trim() === '') return value;
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  if (isDate && number >= 0 && number < LAST_DAY + 1) return dateText(number, book.from1904);
  // Past 15 digits a spreadsheet has lost some: what it kept must not pass for a whole number.
  if (Number.isInteger(number) && Math.abs(number) < 1e15) return number.toFixed(0);
  return Number.isInteger(number) ? number.toExponential() : String(number);
}

function dateText(serial: number, from1904: boolean): string {
  // Its 29 February 1900 never was: days before it are one off.
  const days = from1904 || serial >= 60 || serial < 1 ? serial : serial + 1;
  const at = new Date(Math.round(((from1904 ? DAY_ZERO_1904 : DAY_ZERO) + days * DAY_MS) / 1_000) * 1_000);
  const [date = '', time = ''] = at.toISOString().split(/[TZ.]/);
  if (!from1904 && serial < 1) return time;
  return time === '00:00:00' ? date : `${date} ${time}`;
}
