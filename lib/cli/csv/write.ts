/** Text that a spreadsheet would take for a formula when it stands in a cell. */
const FORMULA = /^'*[=+\-@\t\r\n]/;
/** A number as people write it, a phone's plus in front: a spreadsheet makes no more of it than the number. */
const NUMBER = /^[+-][\d ().-]*$/;

/** Makes a text harmless to spreadsheets: an apostrophe before it says that it is text, and is taken off when read again. */
export function harmless(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** One line of a CSV file, its line end included. */
export function csvLine(cells: readonly string[], delimiter: string): string {
  return `${cells.map((text) => quoted(text, delimiter)).join(delimiter)}\r\n`;
}

/** A cell as it stands in a line: in quotes where it must be. */
export function quoted(text: string, delimiter: string): string {
  return text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A row as it stood in its file, so that it can be mended and read again; made harmless where a cell is a formula. */
export function rawLine(raw: string, cells: readonly string[], delimiter: string): string {
  if (!cells.some((text) => FORMULA.test(text) && !NUMBER.test(text))) return raw;
  return cells.map((text) => quoted(NUMBER.test(text) ? text : harmless(text), delimiter)).join(delimiter);
}
