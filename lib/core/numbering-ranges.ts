/** The header of every file of the register, without its byte-order mark. */
export const RANGE_HEADER = 'АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН';

/** A register with fewer is no whole one: a page torn off, or an excerpt. */
export const FEWEST_RANGES = 10_000;
export const FEWEST_CODES = 50;

/** The register grows; one below this share of the register in force lacks a file. */
const SHRINKS_BELOW = 0.9;

/** One row of the register: numbers from `first` to `last`, both with the country's 7, both allotted. */
export interface NumberingRange {
  readonly first: number;
  readonly last: number;
  readonly operator: string;
  /** Empty where the register has none. */
  readonly inn: string;
  /** `Территория ГАР`, or `Регион` where that is a dash. */
  readonly place: string;
}

/** How large a register is. */
export interface RegisterSize {
  readonly ranges: number;
  /** Different codes, the three digits after +7. */
  readonly codes: number;
}

const CODE_NUMBERS = 10_000_000;

/** `7916` for +79161234567: the country's 7 and the three digits of the code. */
export function codeOf(phone: number): number {
  return Math.floor(phone / CODE_NUMBERS);
}

/** Reads one row of the register as published; a text is what is wrong with it. */
export function readRange(line: string): NumberingRange | string {
  const cells = line.split(';').map((cell) => cell.trim());
  if (cells.length !== 8) return `${cells.length} cells instead of 8`;
  const [code = '', from = '', to = '', capacity = '', operator = '', region = '', territory = '', inn = ''] = cells;
  if (!/^[3489]\d\d$/.test(code)) return `code “${short(code)}” is not three digits that begin with 3, 4, 8 or 9`;
  if (!/^\d{7}$/.test(from) || !/^\d{7}$/.test(to))
    return `“${short(from)}” to “${short(to)}” are not seven digits each`;
  const base = Number(`7${code}`) * CODE_NUMBERS;
  const [first, last] = [base + Number(from), base + Number(to)];
  if (first > last) return `begins at ${from} behind its end ${to}`;
  if (capacity !== String(last - first + 1))
    return `holds ${last - first + 1} numbers, but its Емкость is ${short(capacity)}`;
  if (operator === '') return 'names no operator';
  if (inn !== '' && !/^(?:\d{10}|\d{12})$/.test(inn)) return `ИНН “${short(inn)}” is not 10 or 12 digits`;
  return { first, last, operator, inn, place: territory === '' || territory === '-' ? region : territory };
}

function short(cell: string): string {
  return cell.length > 40 ? `${cell.slice(0, 40)}…` : cell;
}

/** Why a register of this size must not take the place of the one in force without a person's word; null: it may. */
export function tooSmall(size: RegisterSize, inForce: RegisterSize | null): string | null {
  if (size.ranges < FEWEST_RANGES || size.codes < FEWEST_CODES) {
    return `${size.ranges} ranges of ${size.codes} codes: a whole register has at least ${FEWEST_RANGES} of ${FEWEST_CODES}`;
  }
  if (inForce === null) return null;
  if (size.ranges >= inForce.ranges * SHRINKS_BELOW && size.codes >= inForce.codes * SHRINKS_BELOW) return null;
  return (
    `${size.ranges} ranges of ${size.codes} codes: clearly smaller than the register in force, ` +
    `${inForce.ranges} of ${inForce.codes}`
  );
}
