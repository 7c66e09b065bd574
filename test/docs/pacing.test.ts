import t from 'tap';
import { createPacer } from '../../lib/core/pacing/pacer.ts';
import { DEFAULT_PACING } from '../../lib/core/pacing/settings.ts';
import { referenceScenario } from '../../lib/sim/scenario.ts';
import { simulateShift } from '../../lib/sim/shift.ts';
import { readPage } from './generate.ts';
import { agentsPlot } from './plots.ts';
import { readFigures, SIZES } from './pacing.ts';
import { readFileSync } from 'node:fs';

void t.test('docs/pacing.md explains each number a decision tells, and no other', (t) => {
  const names = new Set<string>();
  simulateShift({
    scenario: referenceScenario(10, {}, { durationS: 900 }),
    seed: 1,
    pacer: () => createPacer(DEFAULT_PACING),
    onPacing(_, entry) {
      if ('why' in entry) for (const name of Object.keys(entry.why.numbers)) names.add(name);
    },
  });
  const rows = readPage('pacing.md').match(/^\| Number[^]*?\n\n/m)?.[0] ?? '';
  const told = [...rows.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
  t.strictSame(told.sort(), [...names].sort());
  t.end();
});

void t.test('the figures of docs/pacing.md are whole, and hold what they promise', (t) => {
  const { rows } = readFigures();
  const ours = rows.filter(({ pacer }) => pacer === 'predictive');
  for (const agents of SIZES) {
    const row = ours.find(({ scenario, target }) => scenario === `n${agents}` && target === 0.03);
    t.ok(row !== undefined && row.abandonment <= 3, `n${agents}`);
    const lawful = rows.filter((one) => one.scenario === row?.scenario && one.target === 0.03 && one.abandonment <= 3);
    t.equal(Math.max(...lawful.map(({ talk }) => talk)), row?.talk, 'no lawful peer talks more');
  }
  const plot = readFileSync(new URL('../../docs/pacing/agents.svg', import.meta.url), 'utf8');
  t.equal(plot, `${agentsPlot(rows)}\n`, 'npm run docs:plots was run');
  t.end();
});
