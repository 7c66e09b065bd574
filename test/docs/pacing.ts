import { readFileSync } from 'node:fs';
import { table } from './markdown.ts';

/* Tables of docs/pacing.md from docs/pacing/figures.json, which `npm run bench:pacing -- --json` wrote. */

/** A row of the bench: a scenario under a pacer, all its days; shares in %. */
export interface FigureRow {
  readonly scenario: string;
  readonly pacer: string;
  readonly target: number;
  readonly talk: number;
  readonly talkError: number;
  readonly abandonment: number;
  readonly worstDay: number;
  readonly worstHalfHour: number;
}

/** What the bench wrote. */
export interface Figures {
  readonly seeds: readonly number[];
  readonly rows: readonly FigureRow[];
}

/** The figures the docs tell. */
export function readFigures(): Figures {
  return JSON.parse(readFileSync(new URL('../../docs/pacing/figures.json', import.meta.url), 'utf8')) as Figures;
}

/** Agents of the reference model's rows. */
export const SIZES = [3, 5, 10, 20, 50, 200] as const;

const OURS = 'predictive';

/** Peers in words; the bench's names are those of `obzvon simulate --compare`. */
const PEERS: Readonly<Record<string, string>> = {
  predictive: '**obzvon, predictive**',
  progressive: 'progressive, any dialer',
  'vicidial-hard-limit': 'VICIdial ADAPT_HARD_LIMIT',
  'vicidial-average': 'VICIdial ADAPT_AVERAGE',
  'vicidial-tapered': 'VICIdial ADAPT_TAPERED',
  'vicidial-max-1.5': 'VICIdial average, level at most 1.5',
  'vicidial-ready-only': 'VICIdial average, ready agents only',
  issabel: 'Issabel',
  'issabel-overcommit': 'Issabel, overcommit',
  'ratio-2': 'fixed ratio 2',
  'ratio-3': 'fixed ratio 3',
};

export const PACING_TABLES: Readonly<Record<string, () => string>> = {
  'pacing by agents': byAgents,
  'pacing by target': byTarget,
  'pacing scenarios': scenarios,
};

function byAgents(): string {
  const { rows } = readFigures();
  const at = (pacer: string, agents: number) =>
    rows.find((row) => row.pacer === pacer && row.scenario === `n${agents}` && row.target === 0.03);
  const pacers = [...new Set(rows.map(({ pacer }) => pacer))];
  return table(
    ['Talk share, %', ...SIZES.map((agents) => `N=${agents}`)],
    pacers.map((pacer) => [
      PEERS[pacer] ?? pacer,
      ...SIZES.map((agents) => {
        const row = at(pacer, agents);
        if (row === undefined) return '';
        return row.talk.toFixed(1) + (row.abandonment > 3.005 ? ` (${row.abandonment.toFixed(1)})` : '');
      }),
    ]),
  );
}

function byTarget(): string {
  const { rows } = readFigures();
  const ours = rows.filter(({ pacer }) => pacer === OURS);
  const strict = ours.filter(({ scenario, target }) => target === 0.01 && /^n\d+$/.test(scenario));
  return table(
    ['Agents', 'Talk at 3 %, %', 'Talk at 1 %, %', 'Abandoned at 1 %, %'],
    strict.map((row) => {
      const loose = ours.find(({ scenario, target }) => scenario === row.scenario && target === 0.03);
      return [row.scenario.slice(1), loose?.talk.toFixed(1) ?? '', row.talk.toFixed(1), row.abandonment.toFixed(2)];
    }),
  );
}

function scenarios(): string {
  const { rows } = readFigures();
  return table(
    ['Scenario', 'Talk, %', 'Abandoned, %', 'Worst day, %', 'Worst half hour, %'],
    rows
      .filter(({ pacer, scenario, target }) => pacer === OURS && target === 0.03 && !/^n\d+$/.test(scenario))
      .map(({ scenario, talk, talkError, abandonment, worstDay, worstHalfHour }) => [
        `\`${scenario}\``,
        `${talk.toFixed(1)} ±${talkError.toFixed(1)}`,
        abandonment.toFixed(2),
        worstDay.toFixed(2),
        worstHalfHour.toFixed(1),
      ]),
  );
}
