import { mkdirSync, writeFileSync } from 'node:fs';
import { lineChart, type Line } from '../../lib/cli/simulate-chart.ts';
import { DEFAULT_WISHES } from '../../lib/sim/methods.ts';
import { runJob } from '../../lib/sim/run.ts';
import { referenceScenario } from '../../lib/sim/scenario.ts';
import { rolling, seriesOf } from '../../lib/sim/summary.ts';
import { readFigures, SIZES, type FigureRow } from './pacing.ts';

/*
 * npm run docs:plots draws docs/pacing/*.svg anew: talk share by agents from docs/pacing/figures.json, and one shift
 * simulated now.
 */
const FOLDER = new URL('../../docs/pacing/', import.meta.url);

/** Pacers of the first plot; what passes the limit of 3 % is left out of its line. */
const SHOWN = ['predictive', 'vicidial-ready-only', 'ratio-2', 'issabel-overcommit', 'vicidial-average', 'progressive'];

/** Talk share by agents, ours and the peers'. */
export function agentsPlot(rows: readonly FigureRow[]): string {
  const series = SHOWN.map((pacer, colour): Line => {
    const points = SIZES.flatMap((agents, x) => {
      const row = rows.find((one) => one.pacer === pacer && one.scenario === `n${agents}` && one.target === 0.03);
      if (row === undefined || row.abandonment > 3.5) return [];
      return [{ x, mean: row.talk, low: row.talk - row.talkError, high: row.talk + row.talkError }];
    });
    return { name: pacer, colour, points, dots: true };
  });
  return lineChart({
    title: 'Talk share by number of agents, at 3 % abandoned',
    x: { label: 'agents', format: (at) => String(SIZES[at] ?? ''), steps: [1], from: 0, to: SIZES.length - 1 },
    y: { label: 'talk, %', format: String, from: 40, to: 90, steps: [10] },
    series: series.filter(({ points }) => points.length > 0),
  });
}

/** Abandonment in windows of half an hour over a shift of 20 agents, the mean over eight seeds. */
export function abandonmentPlot(): string {
  const scenario = referenceScenario(20);
  const series = ['predictive', 'vicidial-average'].map((method, colour): Line => {
    const runs = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) =>
      runJob({
        scenario,
        method,
        wishes: { ...DEFAULT_WISHES, target: 0.03 },
        seed,
        from: Date.UTC(2026, 0, 5, 6),
      }),
    );
    const points = seriesOf(
      runs,
      ({ abandoned, answers }) => {
        const [lost, all] = [rolling(abandoned, 30), rolling(answers, 30)];
        return lost.map((count, minute) => (100 * count) / Math.max(1, all[minute] ?? 0));
      },
      { stepMin: 10, fromMin: 30 },
    );
    return { name: method, colour, points: points.map(({ atS, ...rest }) => ({ x: atS / 3600, ...rest })) };
  });
  return lineChart({
    title: 'Abandoned in the last half hour, 20 agents, target 3 %',
    x: { label: 'hours of the shift', format: String, steps: [1], from: 0, to: 8 },
    y: { label: 'abandoned, % of live answers', format: String, from: 0 },
    series,
    marks: [{ label: 'target 3 %', kind: 'target', y: 3 }],
  });
}

if (import.meta.main) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL('agents.svg', FOLDER), `${agentsPlot(readFigures().rows)}\n`);
  writeFileSync(new URL('abandonment.svg', FOLDER), `${abandonmentPlot()}\n`);
}
