import { join } from 'node:path';
import t from 'tap';
import type { CampaignHistory, EndCounts, MeasuredTimes } from '../../lib/campaign-history.ts';
import { parseCampaign } from '../../lib/campaign-file.ts';
import { runCli, stubDaemon } from '../helpers/cli.ts';
import { shortDir } from '../helpers/short-dir.ts';
import { QUICK, shown } from '../helpers/simulate.ts';

const SPEC_TEXT =
  'name: oct\npurpose: survey\nmode: progressive\nentity: { inn: "7707083893", name: X }\nline: "+74950000001"\ntrunk: pstn\nwrapUpS: 7\n';

/** A history as the daemon answers it: 1,000 attempts of known habits, 50 open leads. */
function history(attempts: number): CampaignHistory {
  const spec = parseCampaign(SPEC_TEXT, 'oct.yaml');
  if (!spec.ok) throw new Error('the sample campaign is wrong');
  const counts = (all: number): EndCounts => ({
    attempts: all,
    answered: 0.4 * all,
    abandoned: 0,
    busy: 0.1 * all,
    refused: 0,
    trunk: 0,
    noAnswer: 0.5 * all,
  });
  const times = (ms: number): MeasuredTimes => ({ count: attempts, quantilesMs: [ms / 2, ms, 2 * ms] });
  return {
    name: 'oct',
    now: Date.parse('2026-11-23T06:00:00Z'),
    spec: spec.value,
    calls: {
      from: 1,
      to: 2,
      all: counts(attempts),
      hours: Array.from({ length: 24 }, (_, hour) => counts(hour === 9 ? attempts : 0)),
      ordinals: [
        { attempts: 0.6 * attempts, answered: 0.3 * attempts },
        { attempts: 0.4 * attempts, answered: 0.1 * attempts },
      ],
      setup: times(2_000),
      pickUp: times(6_000),
      giveUp: times(25_000),
      busy: times(2_000),
      refused: { count: 0, quantilesMs: [] },
      trunk: { count: 0, quantilesMs: [] },
      talk: times(45_000),
      wrapUp: { count: 3, quantilesMs: [1, 2, 3] },
      agents: 3,
    },
    open: [
      { count: 40, attempts: 0, dueInH: 0, zones: ['+03:00'] },
      { count: 10, attempts: 1, dueInH: 2, zones: ['+03:00'] },
    ],
    leads: { total: 90, final: 35, refused: 5 },
    agents: 8,
    trunk: { channels: 30, originatesPerSecond: 5 },
    rules: {
      windows: { work: { fromMin: 540, toMin: 1260 }, off: null, holiday: null },
      endGuardS: 120,
      calendar: [],
      attemptsPerDay: 3,
      minIntervalS: 300,
      dropCooldownH: null,
    },
  };
}

void t.test('a campaign is simulated by its own calls: what is measured and what assumed is told', async (t) => {
  const run = await stubDaemon(t, { 'campaign.history': () => history(1000) });
  const save = join(shortDir(t), 'oct.json');
  const quick = ['--hours', '1', '--seeds', '2'];
  const { exit, out, err } = await run(['simulate', '--campaign', 'oct', ...quick, '--save', save]);
  t.equal(exit, 0, err);
  t.match(out, /^campaign oct: a shift of 1 h/);
  t.match(out, /who answers +1000 measured +40\.0 % answer, 10\.0 % busy/);
  t.match(out, /talk +1000 measured +median 45 s/);
  t.match(out, /wrap-up +assumed +7\.0 s of the campaign file \(3 seen are too few\)/);
  t.match(out, /refusal +assumed +1\.0 s to 4\.0 s of the reference model/);
  t.match(out, /^progressive .*\n^predictive /m, 'its own mode first, and predictive beside it');
  t.match(out, /With 3 agents/, 'as many as talked');
  const saved = await shown([save, ...quick, '--compare', 'progressive']);
  t.equal(saved.plan.scenario.name, 'oct');
  t.match(out, new RegExp(`progressive +${(100 * (saved.cells[0]?.summary.talk.mean ?? 0)).toFixed(1)} `));
});

void t.test('how many agents for this base by Friday: the campaign’s open leads under its own rules', async (t) => {
  const run = await stubDaemon(t, { 'campaign.history': () => history(1000) });
  const argv = ['simulate', '--campaign', 'oct', '--agents', '1..2', '--until', 'friday', '--seeds', '2'];
  const { exit, out, err } = await run([...argv, '--start', '2026-11-23T09:00', '--compare', 'progressive']);
  t.equal(exit, 0, err);
  t.match(out, /leads +50 measured +50 open of 90; 5 held or blocked are left out/);
  t.match(out, /second attempts +400 measured +answered 50\.0 % as often as first ones/);
  t.match(out, /agents? (is|are) enough|No number of agents/i);
});

void t.test('too little history: the reference model, and it is said', async (t) => {
  const run = await stubDaemon(t, { 'campaign.history': () => history(40) });
  const { out } = await run(['simulate', '--campaign', 'oct', '--hours', '1', '--seeds', '1']);
  t.match(out, /who answers +assumed +35\.0 % answer.*40 calls are too few, 200 are needed/);
});

void t.test('the best hour is shown beside the order of the base, on the same seeds', async (t) => {
  const base = ['best-hour-n6', '--start', '2026-11-23T05:00:00Z', '--until', '2026-11-23', '--seeds', '1'];
  const { exit, out, err } = await runCli(['simulate', ...base, '--best-hour', '--compare', 'progressive']);
  t.equal(exit, 0, err);
  t.match(out, /^6 +progressive +as they stand .*\n6 +progressive +best hour /m);
  t.match(
    out,
    /ordered by the best hour [\d.]+ % of the leads are talked with, as they stand [\d.]+ % \(\+\d+\.\d %\)\.\n$/,
  );
  const shift = await runCli(['simulate', ...QUICK, '--best-hour']);
  t.equal(shift.exit, 2);
  t.match(shift.err, /--best-hour orders the leads of a base/);
});
