import stringWidth from 'string-width';
import { clean } from './clean.ts';
import type { Io, Style } from './io.ts';

/** What stands in a table's cell; foreign text is cleaned, null prints as a dash. */
export type Cell = string | number | null | { readonly text: string; readonly style: Style };

/** A table with aligned columns; numbers to the right. */
export function table(io: Io, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [head, ...rows.map((row) => row.map(textOf))];
  const widths = head.map((_, i) => Math.max(...texts.map((row) => stringWidth(row[i] ?? ''))));
  const line = (cells: readonly string[], styles: readonly (Style | null)[], right: readonly boolean[]): string =>
    cells
      .map((text, i) => {
        const gap = ' '.repeat((widths[i] ?? 0) - stringWidth(text));
        const style = styles[i] ?? null;
        const painted = style === null || text === '' ? text : io.paint(style, text);
        return right[i] === true ? gap + painted : painted + gap;
      })
      .join('  ')
      .trimEnd();
  const numeric = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof (row[i] ?? 0) === 'number'));
  const lines = rows.map((row) => line(row.map(textOf), row.map(styleOf), numeric));
  const bold = head.map((): Style => 'bold');
  return `${[line(head, bold, numeric), ...lines].join('\n')}\n`;
}

/** Names and values, one pair a line; null values are left out. */
export function pairs(io: Io, list: readonly (readonly [name: string, value: Cell])[]): string {
  const shown = list.filter(([, value]) => value !== null);
  const width = Math.max(0, ...shown.map(([name]) => stringWidth(name)));
  return shown
    .map(([name, value]) => {
      const style = styleOf(value);
      const text = textOf(value);
      const gap = ' '.repeat(width - stringWidth(name) + 2);
      return `${io.paint('dim', name)}${gap}${style === null ? text : io.paint(style, text)}\n`;
    })
    .join('');
}

function textOf(cell: Cell): string {
  if (cell === null) return '-';
  return typeof cell === 'number' ? String(cell) : clean(typeof cell === 'string' ? cell : cell.text);
}

function styleOf(cell: Cell): Style | null {
  return typeof cell === 'object' && cell !== null ? cell.style : null;
}

/** Two leading units at most: `340 ms`, `4.2 s`, `3 min 5 s`, `2 h 3 min`, `4 d 1 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const units: readonly (readonly [name: string, seconds: number])[] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  let rest = seconds;
  return units
    .slice(first, first + 2)
    .map(([name, size]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return count === 0 ? '' : `${count} ${name}`;
    })
    .filter((part) => part !== '')
    .join(' ');
}

/** Local time of this machine, `2026-11-22 09:15:03`. */
export function localTime(at: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

/** As `localTime`; null stays null, for a table's dash. */
export function timeOrNull(at: number | null): string | null {
  return at === null ? null : localTime(at);
}

/** `0.0312` → `3.1 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** `5: 3 talking, 2 available`; states with nobody in them are left out. */
export function countsByState(counts: Readonly<Partial<Record<string, number>>>): string {
  const filled = Object.entries(counts).filter(([, n]) => n !== undefined && n > 0);
  const total = filled.reduce((sum, [, n]) => sum + (n ?? 0), 0);
  return total === 0 ? '0' : `${total}: ${filled.map(([state, n]) => `${n} ${state}`).join(', ')}`;
}
