import type { PacingSnapshot } from './contract.ts';
import { STEP_MS } from './course.ts';
import { HORIZONS, ROW, type Forecast, type Rows } from './forecast.ts';
import { addChance, normalTail } from './risk.ts';

/** Up to so many agents the risk is computed exactly. */
const EXACT_AGENTS = 20;

/** Scratch space of one pacer, so that a decision allocates nothing. */
export interface Bench {
  counts: Int32Array;
  readonly sums: Float64Array;
  exact: Float64Array;
}

/** An empty bench. */
export const createBench = (): Bench => ({
  counts: new Int32Array(0),
  sums: new Float64Array(ROW),
  exact: new Float64Array(0),
});

/** Who is on the floor. */
export interface FloorCount {
  /** Agents who take calls now or after their call or wrap-up. */
  working: number;
  free: number;
  /** Calls that may still need an agent. */
  unanswered: number;
  waiting: number;
  /** Of the unanswered, those of this campaign. */
  own: number;
}

/** Counts the floor alone. */
export function countFloor(snapshot: PacingSnapshot): FloorCount {
  const floor = { working: 0, free: 0, unanswered: 0, waiting: 0, own: 0 };
  for (const { state } of snapshot.agents) {
    if (state === 'available') floor.free += 1;
    if (state === 'available' || state === 'talking' || state === 'wrap-up' || state === 'reserved') floor.working += 1;
  }
  for (const { state, foreign } of snapshot.calls) {
    if (state === 'waiting') floor.waiting += 1;
    else if (state !== 'talking') {
      floor.unanswered += 1;
      if (foreign !== true) floor.own += 1;
    }
  }
  return floor;
}

/** What the risk allows. */
export interface Allowed {
  readonly originate: number;
  /** Mean risk of those allowed; 0 without any. */
  readonly taken: number;
  /** Risk of the next one. */
  readonly risk: number;
  readonly expectedFree: number;
}

/** How many calls the risk allows, at most `most`, and the numbers behind it. */
export function riskAllows(
  bench: Bench,
  forecast: Forecast,
  snapshot: PacingSnapshot,
  working: number,
  trustedSince: number,
  price: number,
  most: number,
): Allowed {
  if (bench.counts.length !== forecast.rows) bench.counts = new Int32Array(forecast.rows);
  tally(bench.counts, forecast, snapshot, trustedSince);
  const exact = working <= EXACT_AGENTS;
  const { sums } = bench;
  sums.fill(0);
  const cells = working + 1;
  if (exact) {
    if (bench.exact.length !== cells * HORIZONS) bench.exact = new Float64Array(cells * HORIZONS);
    else bench.exact.fill(0);
    for (let horizon = 0; horizon < HORIZONS; horizon += 1) bench.exact[horizon * cells] = 1;
  }
  const { counts } = bench;
  for (let row = 0; row < counts.length; row += 1) {
    const count = counts[row] as number;
    if (count > 0) add(bench, forecast.table, row, count, working, exact);
  }
  let occupied = 0;
  for (let horizon = 0; horizon < HORIZONS; horizon += 1) occupied += sums[horizon] as number;
  let originate = 0;
  let taken = 0;
  let risk = meanRisk(bench, working, exact);
  while (risk <= price && originate < most) {
    originate += 1;
    taken += risk;
    add(bench, forecast.table, forecast.fresh, 1, working, exact);
    risk = meanRisk(bench, working, exact);
  }
  return {
    originate,
    taken: originate === 0 ? 0 : taken / originate,
    risk,
    expectedFree: working - occupied / HORIZONS,
  };
}

function tally(counts: Int32Array, forecast: Forecast, snapshot: PacingSnapshot, trustedSince: number): void {
  counts.fill(0);
  const { now } = snapshot;
  for (const { state, since } of snapshot.agents) {
    let row: number;
    if (state === 'talking') row = rowOf(forecast.talking, since, now, trustedSince);
    else if (state === 'wrap-up') row = rowOf(forecast.wrapUp, since, now, trustedSince);
    else if (state === 'reserved') row = forecast.talking.first;
    else continue;
    counts[row] = (counts[row] as number) + 1;
  }
  for (const { state, since, foreign } of snapshot.calls) {
    let row: number;
    if (state === 'ringing') {
      row = rowOf(foreign === true ? forecast.foreignRinging : forecast.ringing, since, now, trustedSince);
    } else if (state === 'dialing') {
      row = rowOf(foreign === true ? forecast.foreignDialing : forecast.dialing, since, now, trustedSince);
    } else if (state === 'detecting' && foreign === true) row = forecast.waiting;
    else if (state === 'detecting') row = rowOf(forecast.detecting, since, now, trustedSince);
    else if (state === 'waiting') row = forecast.waiting;
    else continue;
    counts[row] = (counts[row] as number) + 1;
  }
}

function rowOf(rows: Rows, since: number, now: number, trustedSince: number): number {
  // Written so that a time that is no number is not trusted either.
  if (!(since >= trustedSince && since <= now)) return rows.untrusted;
  const { spans } = rows;
  return rows.first + (spans[Math.min(spans.length - 1, Math.floor((now - since) / STEP_MS))] as number);
}

function add(bench: Bench, table: Float64Array, row: number, count: number, working: number, exact: boolean): void {
  const from = row * ROW;
  const { sums } = bench;
  for (let at = 0; at < ROW; at += 1) sums[at] = (sums[at] as number) + count * (table[from + at] as number);
  if (!exact) return;
  for (let horizon = 0; horizon < HORIZONS; horizon += 1) {
    const p = table[from + horizon] as number;
    if (p < 1e-4) continue;
    for (let one = 0; one < count; one += 1) addChance(bench.exact, horizon * (working + 1), working, p);
  }
}

function meanRisk(bench: Bench, working: number, exact: boolean): number {
  let sum = 0;
  for (let horizon = 0; horizon < HORIZONS; horizon += 1) {
    sum += exact
      ? (bench.exact[horizon * (working + 1) + working] as number)
      : normalTail(
          working,
          bench.sums[horizon] as number,
          bench.sums[HORIZONS + horizon] as number,
          bench.sums[2 * HORIZONS + horizon] as number,
        );
  }
  return sum / HORIZONS;
}
