/** Text that a spreadsheet would take for a formula when it stands in a cell. */
const FORMULA = /^'*[=+\-@\t\r]/;

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
