/*
 * Line charts as SVG text: pure, no network, no script. A chart on its own carries its style; in a page with several
 * the style is written once.
 */

/** What a chart shows. Shares and times come as plain numbers; `format` of an axis makes texts of them. */
export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Line[];
  /** Limits, targets, deadlines. */
  readonly marks?: readonly Mark[];
}

export interface Axis {
  /** With its unit. */
  readonly label: string;
  readonly format: (value: number) => string;
  /** Smallest and largest value shown; by default what the data need. */
  readonly from?: number;
  readonly to?: number;
  /** Distances between ticks to choose from, ascending; by default 1, 2, 5 and their tens. */
  readonly steps?: readonly number[];
  /** A tick lies on this value; 0 by default. */
  readonly origin?: number;
}

/** A line and, where low and high differ, its band. */
export interface Line {
  readonly name: string;
  /** Which colour, from 0; the same thing keeps its colour from chart to chart. */
  readonly colour: number;
  readonly points: readonly {
    readonly x: number;
    readonly mean: number;
    readonly low: number;
    readonly high: number;
  }[];
  /** A mark at each point: where the points are few. */
  readonly dots?: boolean;
}

/** A straight line across: at a `y`, or at an `x`. */
export type Mark = { readonly label: string; readonly kind: 'target' | 'limit' } & (
  | { readonly y: number }
  | { readonly x: number }
);

const WIDTH = 520;
const PLOT_HEIGHT = 200;
const LEFT = 52;
const RIGHT = 22;
const BOTTOM = 44;
const LINE_HEIGHT = 18;
const CHAR = 6.7;

const LIGHT = ['#0b63c4', '#c4570b', '#16794a', '#8a3ab9', '#8f6b00', '#b3265a', '#227a8c', '#5b5b5b'];
const DARK = ['#6db3ff', '#ff9d57', '#5fd39a', '#cc9bf5', '#e3c36a', '#ff86b0', '#7fd0e6', '#b9b9b9'];
/** Colours that tell apart; more lines take dashes. */
export const COLOURS = LIGHT.length;
const DASHES = ['', '7 3', '2 3', '9 3 2 3'];

/** The style all charts share; dark where the reader's screen is, light on paper. */
export function chartStyle(): string {
  const palette = (colours: readonly string[]): string =>
    colours.map((colour, index) => `.chart .c${index}{stroke:${colour};fill:${colour}}`).join('');
  const light = `.chart text{fill:#33373d}.chart .title{fill:#111418}.chart .grid{stroke:#e3e6ea}.chart .axis{stroke:#9aa1a9}.chart .limit{stroke:#b3261e}.chart .target{stroke:#5b6470}.chart text.limit{fill:#b3261e;stroke:#fff}.chart text.target{fill:#5b6470;stroke:#fff}${palette(LIGHT)}`;
  const dark = `.chart text{fill:#c9ced6}.chart .title{fill:#f0f2f5}.chart .grid{stroke:#2c323a}.chart .axis{stroke:#6b7480}.chart .limit{stroke:#ff8a80}.chart .target{stroke:#9aa5b1}.chart text.limit{fill:#ff8a80;stroke:#14171b}.chart text.target{fill:#9aa5b1;stroke:#14171b}${palette(DARK)}`;
  return (
    `.chart{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}.chart .title{font-weight:600;font-size:13px}` +
    `.chart .line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}.chart .band{stroke:none;opacity:.17}.chart .dot{stroke:none}` +
    `.chart text{stroke:none}.chart .mark{fill:none;stroke-width:1.2}.chart .mark.target{stroke-dasharray:5 4}.chart text.target,.chart text.limit{font-size:11px;paint-order:stroke;stroke-width:3px;stroke-linejoin:round}` +
    `${light}@media (prefers-color-scheme:dark){${dark}}@media print{${light}}`
  );
}

/** A chart as SVG; `embedded` leaves the style to the page around it. */
export function lineChart(chart: Chart, options: { readonly embedded?: boolean } = {}): string {
  const { x, y, series, title, marks = [] } = chart;
  const legend = series.length > 1 ? legendOf(series) : { height: 0, text: '' };
  const top = 26 + legend.height;
  const height = top + PLOT_HEIGHT + BOTTOM;
  const xs = series.flatMap(({ points }) => points.map((point) => point.x));
  const ys = series.flatMap(({ points }) => points.flatMap(({ low, mean, high }) => [low, mean, high]));
  for (const mark of marks) ('y' in mark ? ys : xs).push('y' in mark ? mark.y : mark.x);
  const across = scaleOf(x, xs, 6, LEFT, WIDTH - RIGHT, false);
  const up = scaleOf(y, ys, 5, top + PLOT_HEIGHT, top, true);
  const parts = [
    `<text class="title" x="${LEFT}" y="15">${escapeXml(title)}</text>`,
    legend.text,
    ...up.ticks.map(
      (tick) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${up.at(tick)}" y2="${up.at(tick)}"/>` +
        `<text x="${LEFT - 7}" y="${up.at(tick) + 4}" text-anchor="end">${escapeXml(y.format(tick))}</text>`,
    ),
    ...across.ticks.map(
      (tick) =>
        `<line class="axis" x1="${across.at(tick)}" x2="${across.at(tick)}" y1="${top + PLOT_HEIGHT}" y2="${top + PLOT_HEIGHT + 4}"/>` +
        tickText(x.format(tick), across.at(tick), top + PLOT_HEIGHT + 18),
    ),
    `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${top + PLOT_HEIGHT}" y2="${top + PLOT_HEIGHT}"/>`,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${height - 8}" text-anchor="middle">${escapeXml(x.label)}</text>`,
    `<text transform="translate(12 ${top + PLOT_HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escapeXml(y.label)}</text>`,
    ...series.map((line) => bandOf(line, across.at, up.at)),
    ...marks.map((mark) => markOf(mark, across.at, up.at, top).line),
    ...series.map((line) => lineOf(line, across.at, up.at)),
    // Over the lines, with a halo: a limit must be readable where it is met.
    ...marks.map((mark) => markOf(mark, across.at, up.at, top).label),
  ];
  return (
    `<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="100%" role="img" aria-label="${escapeXml(title)}">` +
    `${options.embedded === true ? '' : `<style>${chartStyle()}</style>`}<title>${escapeXml(title)}</title>${parts.join('')}</svg>`
  );
}

/** The text under a tick; one that would run over the right edge ends there. */
function tickText(text: string, at: number, y: number): string {
  const over = at + (CHAR * text.length) / 2 > WIDTH;
  return `<text x="${over ? WIDTH - 1 : at}" y="${y}" text-anchor="${over ? 'end' : 'middle'}">${escapeXml(text)}</text>`;
}

interface Scale {
  readonly ticks: readonly number[];
  readonly at: (value: number) => number;
}

/** A linear scale with ticks at round values; `whole` stretches it to the ticks around the data. */
function scaleOf(
  axis: Axis,
  values: readonly number[],
  most: number,
  start: number,
  end: number,
  whole: boolean,
): Scale {
  const seen = values.filter((value) => Number.isFinite(value));
  let low = axis.from ?? Math.min(...seen, Infinity);
  let high = axis.to ?? Math.max(...seen, -Infinity);
  if (!Number.isFinite(low)) low = 0;
  if (!Number.isFinite(high) || high <= low) high = low + (axis.steps?.[0] ?? 1);
  const origin = axis.origin ?? 0;
  const step = stepFor((high - low) / most, axis.steps);
  if (whole) {
    if (axis.from === undefined) low = origin + Math.floor((low - origin) / step + 1e-9) * step;
    if (axis.to === undefined) high = origin + Math.ceil((high - origin) / step - 1e-9) * step;
  }
  const ticks: number[] = [];
  for (let n = Math.ceil((low - origin) / step - 1e-9); origin + n * step <= high + step * 1e-9; n += 1) {
    ticks.push(Number((origin + n * step).toPrecision(12)));
  }
  return { ticks, at: (value) => round(start + ((value - low) / (high - low)) * (end - start)) };
}

/** The least round distance that is long enough. */
function stepFor(least: number, steps: readonly number[] | undefined): number {
  const given = steps?.find((step) => step >= least);
  if (given !== undefined) return given;
  const last = steps?.at(-1);
  if (last !== undefined) return last * Math.ceil(least / last);
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((times) => times * power >= least * (1 - 1e-9)) ?? 10);
}

type At = (value: number) => number;

function lineOf({ points, colour, dots }: Line, x: At, y: At): string {
  const dash = DASHES[Math.floor(colour / COLOURS) % DASHES.length] ?? '';
  const path = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${x(point.x)} ${y(point.mean)}`).join('');
  const style = `class="line c${colour % COLOURS}" style="fill:none"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}`;
  const marks =
    dots === true
      ? points.map(
          (point) => `<circle class="dot c${colour % COLOURS}" cx="${x(point.x)}" cy="${y(point.mean)}" r="2.6"/>`,
        )
      : [];
  return `<path ${style} d="${path}"/>${marks.join('')}`;
}

function bandOf({ points, colour }: Line, x: At, y: At): string {
  if (points.every(({ low, high }) => low === high)) return '';
  const there = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${x(point.x)} ${y(point.high)}`);
  const back = [...points].reverse().map((point) => `L${x(point.x)} ${y(point.low)}`);
  return `<path class="band c${colour % COLOURS}" style="stroke:none" d="${there.join('')}${back.join('')}Z"/>`;
}

function markOf(mark: Mark, x: At, y: At, top: number): { readonly line: string; readonly label: string } {
  const text = escapeXml(mark.label);
  const bottom = top + PLOT_HEIGHT;
  if ('y' in mark) {
    const at = y(mark.y);
    return {
      line: `<path class="mark ${mark.kind}" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/>`,
      label: `<text class="${mark.kind}" x="${WIDTH - RIGHT}" y="${at - 4}" text-anchor="end">${text}</text>`,
    };
  }
  const at = x(mark.x);
  const [place, anchor] = at > WIDTH / 2 ? [at - 5, 'end'] : [at + 5, 'start'];
  return {
    line: `<path class="mark ${mark.kind}" d="M${at} ${top}V${bottom}"/>`,
    label: `<text class="${mark.kind}" x="${place}" y="${bottom - 8}" text-anchor="${anchor}">${text}</text>`,
  };
}

/** Names beside strokes of their colour, in as many rows as it takes. */
function legendOf(series: readonly Line[]): { height: number; text: string } {
  let left = LEFT;
  let row = 0;
  const parts = series.map(({ name, colour }) => {
    const width = 24 + CHAR * [...name].length + 14;
    if (left > LEFT && left + width > WIDTH) {
      left = LEFT;
      row += 1;
    }
    const y = 33 + row * LINE_HEIGHT;
    const dash = DASHES[Math.floor(colour / COLOURS) % DASHES.length] ?? '';
    const part =
      `<path class="line c${colour % COLOURS}" d="M${left} ${y - 4}h18"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>` +
      `<text x="${left + 24}" y="${y}">${escapeXml(name)}</text>`;
    left += width;
    return part;
  });
  return { height: (row + 1) * LINE_HEIGHT, text: parts.join('') };
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Text as XML and HTML take it. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
