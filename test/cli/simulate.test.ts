import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CampaignHistory, EndCounts, MeasuredTimes } from '../../lib/campaign-history.ts';
import { parseCampaign } from '../../lib/campaign-file.ts';
import { systemClock } from '../../lib/clock.ts';
import { lineChart } from '../../lib/cli/simulate-chart.ts';
import { runCli, stubDaemon } from '../helpers/cli.ts';
import { shortDir } from '../helpers/short-dir.ts';

/** Short and small: what is tested is the way from words to figures. */
const QUICK = ['reference-n20', '--agents', '4', '--hours', '1', '--seeds', '2'];
const BASE = {
  name: 'small-base',
  durationS: 14_400,
  crews: [{ count: 3 }],
  campaigns: [{ base: { groups: [{ count: 60 }], maxAttemptsPerLead: 2, retry: { 'no-answer': { afterMin: 30 } } } }],
};

interface Shown {
  readonly plan: { readonly agents: number[]; readonly methods: string[]; readonly scenario: { name: string } };
  readonly cells: readonly {
    readonly agents: number;
    readonly method: string;
    readonly summary: { readonly talk: { mean: number }; readonly base: { worked: { mean: number } } | null };
    readonly runs: readonly unknown[];
    readonly series: Readonly<Record<string, readonly unknown[]>> | null;
  }[];
  readonly conclusion: string;
  readonly command: string;
  readonly assumptions: readonly string[];
}

const shown = async (argv: readonly string[]): Promise<Shown> => {
  const { exit, out, err } = await runCli(['--json', 'simulate', ...argv]);
  if (exit !== 0) throw new Error(err);
  return JSON.parse(out) as Shown;
};

void t.test('the shipped scenarios are listed, for people and programs', async (t) => {
  t.match((await runCli(['simulate', '--list'])).out, /^SCENARIO .*\n[^]*\nchannels-n50 .*80 channels/);
  const { scenarios } = JSON.parse((await runCli(['--json', 'simulate', '--list'])).out) as { scenarios: unknown[] };
  t.ok(scenarios.length > 15);
});

void t.test('a table and a sentence; nothing on stderr that is no terminal', async (t) => {
  const { exit, out, err } = await runCli(['simulate', ...QUICK, '--compare', 'predictive,ratio:2,issabel']);
  t.equal(exit, 0, err);
  t.equal(err, '');
  t.match(out, /METHOD +TALK % +OCCUPANCY % +ABANDONED % +WORST DAY % +WORST 30 MIN % +WAIT S +CONNECTS\/H/);
  for (const name of ['predictive', 'ratio:2', 'issabel']) t.match(out, new RegExp(`^${name} +\\d+\\.\\d ±`, 'm'));
  t.match(out, /With 4 agents .* keeps them talking \d+\.\d % of the time/);
});

void t.test(
  'the same seeds give the same bytes, whatever the number of threads; another seed gives others',
  async (t) => {
    const one = await runCli(['--json', 'simulate', ...QUICK, '--threads', '1']);
    const three = await runCli(['--json', 'simulate', ...QUICK, '--threads', '3']);
    t.equal(one.out, three.out);
    const other = await runCli(['--json', 'simulate', ...QUICK, '--seed', '9']);
    t.not(one.out, other.out);
  },
);

void t.test('ranges of agents and methods make a cell each, with each seed’s figures', async (t) => {
  const { cells, plan } = await shown([
    ...QUICK,
    '--agents',
    '2..4..2',
    '--compare',
    'progressive',
    '--compare',
    'ratio:2',
  ]);
  t.strictSame(plan.agents, [2, 4]);
  t.strictSame(
    cells.map(({ agents, method }) => `${agents} ${method}`),
    ['2 progressive', '2 ratio:2', '4 progressive', '4 ratio:2'],
  );
  for (const { runs, series } of cells) {
    t.equal(runs.length, 2);
    t.strictSame(Object.keys(series ?? {}), ['talk', 'occupancy', 'abandonment', 'waiting', 'originates']);
    t.equal(series?.['originates']?.length, 12, 'a point for each 5 minutes');
  }
});

void t.test('a base by Friday: how many agents it takes, and the command that asks again', async (t) => {
  const dir = shortDir(t, { 'base.yaml': JSON.stringify(BASE) });
  const argv = [join(dir, 'base.yaml'), '--agents', '1,4', '--compare', 'progressive', '--seeds', '3'];
  const asked = ['--start', '2026-11-23T09:00+03:00', '--until', 'friday'];
  const { exit, out, err } = await runCli(['simulate', ...argv, ...asked]);
  t.equal(exit, 0, err);
  t.match(out, /AGENTS +WORKED % +TRIED % +TALKED % +DONE AT +SEEDS DONE %/);
  t.match(
    out,
    /\n1 agent is enough \(the least asked for\): 99\.0 % of the base is final by the end of 2026-11-27 in 100 %/,
  );
  const { cells, command } = await shown([...argv, ...asked]);
  t.equal(cells[1]?.summary.base?.worked.mean, 1);
  const again = command.replace('obzvon simulate scenario.json', argv[0] ?? '').split(' ');
  t.strictSame((await shown(again)).cells, cells);
});

void t.test('a base that cannot be done in time: what the most reach, and what holds it up', async (t) => {
  const dir = shortDir(t, { 'base.yaml': JSON.stringify(BASE) });
  const argv = [join(dir, 'base.yaml'), '--agents', '5..6', '--compare', 'progressive', '--seeds', '2'];
  const { conclusion } = await shown([
    ...argv,
    '--start',
    '2026-11-23T09:00+03:00',
    '--until',
    '2026-11-23T09:25+03:00',
  ]);
  t.match(
    conclusion,
    /^No number of agents from 5 to 6 finishes by 2026-11-23 09:25; at most \d agents bring \d+\.\d %/,
  );
});

void t.test('the page stands alone: no network, no script, its plots have axes, bands and limits', async (t) => {
  const page = join(shortDir(t), 'page.html');
  const { exit, err } = await runCli(['simulate', ...QUICK, '--html', page]);
  t.equal(exit, 0, err);
  const html = readFileSync(page, 'utf8');
  t.equal(html.match(/<svg /g)?.length, 5);
  const links = html.match(/(?:https?:)?\/\/[^"'\s<]+/g) ?? [];
  t.strictSame([...new Set(links)], ['http://www.w3.org/2000/svg']);
  t.notMatch(html, /<script|<link|@import|url\(/);
  t.match(html, /prefers-color-scheme:dark/);
  t.match(html, /@media print/);
  t.match(html, />limit 3 %<.*>target 1 %<|>target 1 %<.*>limit 3 %</s);
  t.match(html, /class="band c0"/);
  t.match(html, /time of day/);
  t.match(html, /obzvon simulate scenario\.json --agents 4 --compare predictive,progressive/);
  t.match(html, /--seeds 2 --seed 1/);
});

void t.test('a chart escapes its texts and keeps its ticks round', async (t) => {
  const number = (value: number): string => String(value);
  const svg = lineChart({
    title: 'a < b & "c"',
    x: { label: 'x', format: number },
    y: { label: 'y', format: number, from: 0 },
    series: [{ name: '<s>', colour: 0, points: [0, 7].map((x) => ({ x, mean: x * 13, low: x * 12, high: x * 14 })) }],
  });
  t.match(svg, /aria-label="a &lt; b &amp; &quot;c&quot;"/);
  t.match(svg, /<style>/, 'on its own it carries its style');
  for (const tick of ['0', '20', '100']) t.match(svg, new RegExp(`>${tick}</text>`));
  t.notMatch(svg, /NaN|Infinity|undefined/);
  const empty = lineChart({
    title: '',
    x: { label: '', format: number },
    y: { label: '', format: number },
    series: [],
  });
  t.notMatch(empty, /NaN|Infinity|undefined/, 'nothing to show is no accident');
});

const WRONG: readonly (readonly [argv: string, sentence: RegExp])[] = [
  ['', /what is to be simulated\?/],
  ['refrence-n20', /no scenario “refrence-n20”[^]*did you mean reference-n20\?/],
  ['./nowhere.yaml', /there is no file \.\/nowhere\.yaml/],
  ['reference-n20 --campaign x', /a scenario and --campaign both/],
  ['reference-n20 --agents 0', /'--agents <n>' argument '0' is invalid\. Give 1 to 2000 agents/],
  ['reference-n20 --agents 8..', /--agents.*Give a number such as 12, a range such as 8\.\.20/],
  ['reference-n20 --agents 20..8', /--agents.*A range goes up/],
  ['reference-n20 --agents 1..100', /--agents.*At most 50 sizes/],
  ['shift-change-n20 --agents 5', /--agents: shift-change-n20 has 4 crews/],
  ['reference-n20 --target x', /--target.*Give a share such as 2% or 0\.02/],
  ['reference-n20 --target 2', /--target.*At most 10 %\. Did you mean 2%\?/],
  ['reference-n20 --target -1%', /--target/],
  ['reference-n20 --target 0', /--target: target 0 leaves predictive pacing nothing to risk/],
  ['reference-n20 --target 3% --limit 2%', /--target is above --limit/],
  [
    'reference-n20 --compare predictve',
    /--compare: there is no pacing method “predictve”[^]*did you mean predictive\?/,
  ],
  ['reference-n20 --compare ratio:99', /--compare ratio:99: no such ratio/],
  ['reference-n20 --seeds 0', /--seeds.*Give 1 to 200/],
  ['reference-n20 --seed -3', /--seed/],
  ['reference-n20 --hours 30', /--hours.*24 at most/],
  ['reference-n20 --hours 8 --to 18:00', /--hours and --to both say/],
  ['reference-n20 --from 25:00', /--from.*time of day such as 09:00/],
  ['reference-n20 --from 10:00 --to 09:00', /--to 09:00 is not after the shift's start at 10:00/],
  ['reference-n20 --days someday', /--days.*mon-fri/],
  ['reference-n20 --until friday', /--until asks when a base is done, and scenario reference-n20 has an endless list/],
  ['week-base-n12 --until 2026-11-31', /--until.*friday or 2026-11-27/],
  ['week-base-n12 --until someday', /--until.*friday or 2026-11-27/],
  ['week-base-n12 --until 2026-11-20 --start 2026-11-23', /--until: no shift lies before it/],
  ['week-base-n12 --done 0', /--done.*above 0/],
  ['reference-n20 --max-ratio 0.5', /--max-ratio.*Give 1 to 50/],
  ['reference-n20 --html /nowhere/at/all.html', /--html: cannot write \/nowhere\/at\/all\.html/],
  ['reference-n20 --save .', /--save: cannot write \.: it is a folder/],
];

for (const [argv, sentence] of WRONG) {
  void t.test(`“${argv}” is refused by its name, with exit code 2`, async (t) => {
    const { exit, err, out } = await runCli(['simulate', ...argv.split(' ').filter((word) => word !== '')]);
    t.equal(exit, 2, err);
    t.match(err, sentence);
    t.equal(out, '');
  });
}

void t.test('a wrong scenario file is refused whole, with every mistake and its place', async (t) => {
  const file = join(shortDir(t), 'wrong.yaml');
  writeFileSync(
    file,
    'name: x\ncrews: [{count: 3}]\ncampaigns:\n  - answers: 1.4\n    talk: {kind: fixed, valueS: -1}\n    busyShare: 2\n',
  );
  const { exit, err } = await runCli(['simulate', file]);
  t.equal(exit, 6);
  t.match(err, /wrong\.yaml:5:\d+: campaigns\[0\]\.talk\.valueS: must be at least 0, not -1/);
  t.match(err, /campaigns\[0\]\.busyShare: must be at least 0 and at most 1, not 2/);
  t.match(err, /campaigns\[0\]\.answers/);
});

void t.test('Ctrl-C ends a run at once, with a sentence and no result', async (t) => {
  let interrupt = (): void => undefined;
  const argv = ['simulate', 'crowd-n100', '--seeds', '50', '--html', join(shortDir(t), 'x.html')];
  const running = runCli(argv, {
    onInterrupt(fn) {
      interrupt = fn;
      systemClock.after(0, () => interrupt());
      return () => undefined;
    },
  });
  const { exit, out, err } = await running;
  t.equal(exit, 1);
  t.equal(out, '');
  t.match(err, /^interrupted: 0 of 100 runs were done, no result is shown\n$/);
});

void t.test('a terminal sees how far it is', async (t) => {
  const { err } = await runCli(['simulate', ...QUICK], { errIsTty: true });
  t.match(err, /4 of 4 runs/);
});

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
