import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  addLine,
  allDayPack,
  consentRow,
  importRows,
  loginAll,
  simulatedConfig,
  startDaemon,
  type DaemonProcess,
} from '../helpers/daemon.ts';
import { runCli } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { TEST_KEY } from '../helpers/keyed.ts';
import { shortDir } from '../helpers/short-dir.ts';

const PAGE = readFileSync(new URL('../../docs/redial.md', import.meta.url), 'utf8');
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Where it is about noon: no date begins in the midst of the test. East is minus in these names. */
const NOON_ZONE = (() => {
  const hours = 12 - new Date().getUTCHours();
  return `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`;
})();

const PHONES = Array.from({ length: 24 }, (_, i) => `+791600${String(10_000 + i)}`);

/** Fenced blocks of a page in a language. */
function blocks(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);
}

interface Step {
  readonly argv: readonly string[];
  readonly exit: number;
}

/** Command lines of a page: `obzvon …`, and after `# exits N` what it exits with when that is not 0. */
function steps(page: string): Step[] {
  return blocks(page, 'sh')
    .flatMap((block) => block.split('\n'))
    .flatMap((line) => {
      const found = /^obzvon (.*?)(?: # exits (\d+))?$/.exec(line);
      if (found === null) return [];
      const [, words = '', exit = '0'] = found;
      const argv = [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
      return [{ argv, exit: Number(exit) }];
    });
}

/** Nobody is called and nobody is ready to be: who is left waits for a time of his own. */
const quiet = (daemon: DaemonProcess): Promise<unknown> =>
  eventually(
    'the calls of the pass are over',
    async () => {
      const { liveCalls, leads, calls } = await daemon.ask('campaign.show', { name: 'survey' });
      return calls.attempts > 0 && liveCalls === 0 && leads.callable === 0 && leads.dialing === 0;
    },
    120_000,
  );

void t.test('the page’s night, from its schedule to the morning’s report, command by command', async (t) => {
  const dir = shortDir(t, {
    'config.yaml': `${simulatedConfig({ agents: 8 })}zone: ${NOON_ZONE}\n`,
    // The night of the test is any hour of the day.
    'policy.json': allDayPack(),
    'survey.yaml': `${blocks(PAGE, 'yaml')[0] ?? ''}policy: all-day\nringTimeoutS: 5\nwrapUpS: 0\n`,
    'leads.csv': `phone,zone\n${PHONES.map((phone) => `${phone},Europe/Moscow\n`).join('')}`,
    'obzvon.db.key': TEST_KEY,
  });
  const daemon = startDaemon(t, dir);
  await daemon.dialing();
  await addLine(daemon.ask);
  await importRows(daemon.ask, 'consent', PHONES.map(consentRow));
  await loginAll(daemon.ask);

  const here = (word: string) => {
    if (word === 'Europe/Moscow') return NOON_ZONE;
    return /\.(yaml|csv|html)$/.test(word) ? join(dir, word) : word;
  };
  const all = steps(PAGE);
  t.ok(all.length >= 8, `${all.length} commands`);
  for (const { argv, exit } of all) {
    if (argv[0] === 'redial' && argv[1] === 'report') await quiet(daemon);
    const ran = await runCli(['--socket', join(dir, 'control.sock'), ...argv.map(here)]);
    t.equal(ran.exit, exit, `obzvon ${argv.join(' ')}`, ran);
    if (argv.join(' ') === 'redial run survey') t.match(ran.out, /nothing changed/, 'the second run of a date');
  }
  t.match(readFileSync(join(dir, 'night.html'), 'utf8'), /Attempts by outcome/);

  const report = await daemon.ask('redial.report', { campaign: 'survey' });
  const { figures, leads, missed, unplanned } = report;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);
  t.equal(sum(Object.values(figures.byDisposition)) + figures.live, figures.attempts, 'outcomes are attempts');
  t.equal(leads.calledAsPlanned + sum(missed.map((one) => one.leads)), leads.planned, 'who was planned');
  t.equal(leads.calledAsPlanned + sum(unplanned.map((one) => one.leads)), leads.called, 'who was called');
  t.equal(leads.planned, PHONES.length);
  t.equal(leads.called, PHONES.length);
  t.ok((report.money?.cost ?? 0) >= figures.attempts * 1.2, 'money');
  const { calls } = await daemon.ask('report.campaign', { name: 'survey' });
  t.equal(calls.attempts, figures.attempts, 'the campaign’s report has the same attempts');
});

void t.test('the README shows no command of the night that the page does not run', async (t) => {
  const ran = new Set(steps(PAGE).map(({ argv }) => argv.join(' ')));
  const shown = steps(README).map(({ argv }) => argv.join(' '));
  t.ok(shown.some((command) => command.startsWith('schedule add')));
  t.ok(shown.some((command) => command.startsWith('redial report')));
  for (const command of shown.filter((line) => /^(redial|schedule) /.test(line))) t.ok(ran.has(command), command);
});
