import { fork, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { isAlive } from '../../asterisk/testbed/locate.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import { call } from '../../lib/control/client.ts';
import type { CampaignDetails } from '../../lib/control/commands/campaigns.ts';
import { CALLER, ENTITY, makeBase, type DemoBase } from './base.ts';
import { judge } from './judge.ts';
import { createProgress } from './progress.ts';
import type { StageReady, StageSays } from './stage.ts';
import { demoHours } from './zones.ts';

/*
 * npm run demo: a whole campaign against a real Asterisk, from nothing to the report, and nothing left running.
 * --keep leaves everything up; --stop ends what --keep left; --simulated does without Asterisk.
 */

const HELP = `Usage: npm run demo [-- options]

  --keep        leave Asterisk and the daemon running afterwards
  --stop        end what --keep left running
  --simulated   dial a simulated PBX instead of a real Asterisk
  --seed N      another base and other people (default 1)
`;

const { values } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    stop: { type: 'boolean', default: false },
    simulated: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const LEADS = 300;
const AGENTS = ['anna', 'boris', 'vera', 'grigory', 'darya'];
const LIMIT_MS = 240_000;

/** What is kept has one place; each other demo a folder of its own. */
const KEPT = join(tmpdir(), `obzvon-demo-${userInfo().uid}`);
const DIR = values.keep ? KEPT : `${KEPT}-${process.pid}`;
const SOCKET = join(DIR, 'control.sock');
const STATE = join(KEPT, 'stage.json');
const CLI = fileURLToPath(new URL('../../bin/obzvon.mjs', import.meta.url));
const STAGE = fileURLToPath(new URL('./stage.ts', import.meta.url));

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const heading = (text: string): void => say(`\n${styleText('bold', text)}`);

/** Runs a CLI command as an operator would, showing it. */
function obzvon(args: readonly string[], accepted: readonly number[] = [0]): Promise<void> {
  const shown = args.map((arg) => (/[\s*;]/.test(arg) ? `'${arg}'` : arg.replace(`${DIR}/`, ''))).join(' ');
  say(styleText('cyan', `$ obzvon ${shown}`));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, '--socket', SOCKET, ...args], { stdio: 'inherit' });
    child.on('close', (code) => {
      if (code !== null && accepted.includes(code)) resolve();
      else reject(new Error(`obzvon ${args.slice(0, 2).join(' ')} ended with ${code}`));
    });
  });
}

async function main(): Promise<number> {
  if (values.help) {
    say(HELP);
    return 0;
  }
  const left = await leftRunning();
  if (values.stop) {
    say(left === null ? 'no demo runs' : 'stopping the demo…');
    if (left !== null) await endProcess(left);
    return 0;
  }
  if (left !== null && values.keep) {
    say('a demo is running already: npm run demo -- --stop ends it');
    return 1;
  }
  if (!/^\d{1,4}$/.test(values.seed)) throw new Error(`--seed wants a number up to 9999, not ${values.seed}`);
  await rm(DIR, { recursive: true, force: true });
  await mkdir(DIR, { mode: 0o700 });
  const started = systemClock.monotonic();
  const base = await writeFiles(Number(values.seed));

  heading(
    values.simulated
      ? 'Starting the daemon'
      : 'Starting Asterisk (the call centre’s and the telephone network’s) and the daemon',
  );
  const { ready, stop, keep } = await raiseStage();
  try {
    if (ready.asterisk !== null) say(`Asterisk ${ready.asterisk.version}, daemon process ${ready.daemonPid}`);
    else say(`${ready.why}: the calls go to a simulated PBX`);
    await runCampaign();
    const verdicts = await judge({ socket: SOCKET, base, celFile: ready.asterisk?.celFile ?? null });
    heading('What the demo itself checks');
    for (const { law, ok, found } of verdicts)
      say(`${ok ? styleText('green', '✔') : styleText('red', '✘')} ${law}: ${found}`);
    const broken = verdicts.filter(({ ok }) => !ok).length;
    say(
      `\n${broken === 0 ? 'All hold' : `${broken} do not hold`}; ${Math.round((systemClock.monotonic() - started) / 1000)} s in all.`,
    );
    if (values.keep) {
      await writeFile(STATE, JSON.stringify({ pid: ready.pid }));
      keep();
      tellWhatNext();
    }
    return broken === 0 ? 0 : 1;
  } finally {
    if (!values.keep) await stop();
  }
}

async function runCampaign(): Promise<void> {
  heading('The caller number, its МАВ registration, and the campaign');
  await obzvon([
    ...['line', 'add', CALLER, '--entity', ENTITY, '--purposes', 'informational'],
    ...['--label', 'Demo Clinic', '--category', 'Медицина', '--valid-from', '2026-01-01'],
  ]);
  await obzvon(['campaign', 'apply', join(DIR, 'campaign.yaml')]);

  heading('Consents, opt-outs and a base of 300 leads, with everything a real base has wrong');
  await obzvon(['consent', 'import', join(DIR, 'consents.csv')]);
  await obzvon(['optout', 'import', join(DIR, 'optouts.csv')]);
  await obzvon(['lead', 'import', join(DIR, 'leads.csv'), '--campaign', 'demo'], [5]);

  heading('Five agents log in; their phones answer by themselves');
  for (const agent of AGENTS) await obzvon(['agent', 'login', agent, '--ready']);

  heading('Start');
  await obzvon(['campaign', 'start', 'demo']);
  await watchCampaign();

  heading('Report');
  await obzvon(['report', 'campaign', 'demo']);
  for (const agent of AGENTS) await call(SOCKET, 'agent.logout', { id: agent }).catch(() => undefined);
}

async function watchCampaign(): Promise<void> {
  const progress = createProgress(process.stdout);
  const end = systemClock.monotonic() + LIMIT_MS;
  let campaign: CampaignDetails;
  do {
    campaign = await call(SOCKET, 'campaign.show', { name: 'demo' });
    const { agents } = await call(SOCKET, 'agent.list', {});
    progress.show(campaign, agents);
    if (campaign.state === 'halted') throw new Error(`the campaign halted: ${campaign.reason}`);
    if (systemClock.monotonic() > end) throw new Error(`the campaign is not done after ${LIMIT_MS / 1000} s`);
    await sleep(systemClock, 250);
  } while (campaign.state !== 'stopped');
  progress.done();
}

/** Config is the stage's; everything a team lead would bring is made here. */
async function writeFiles(seed: number): Promise<DemoBase> {
  const now = systemClock.now();
  const hours = demoHours(now);
  const base = makeBase({ size: LEADS, seed, homeZone: hours.homeZone, farZone: hours.farZone, now });
  const pack = JSON.parse(
    await readFile(new URL('../../lib/data/policies/ru-default.json', import.meta.url), 'utf8'),
  ) as Record<string, unknown> & { hours: Record<string, unknown> };
  const window = [hours.from, hours.to];
  pack['id'] = 'demo';
  pack['title'] = 'Demo: ru-default, with hours around the moment it was started';
  pack.hours['informational'] = { work: window, off: window, holiday: window };
  const campaign = `name: demo
title: Напоминание о приёме
purpose: informational
mode: progressive
entity: { inn: "${ENTITY}", name: Demo Clinic }
personalData: { basis: contract, document: 'contract with each patient' }
line: "${CALLER}"
trunk: pstn
agents: all
policy: demo
ringTimeoutS: 5
wrapUpS: 0
ends: pass
# A pass waits for those owed a call; the demo has no quarter of an hour for them.
retry: { abandoned: { afterMin: 60 } }
`;
  await Promise.all([
    writeFile(join(DIR, 'leads.csv'), base.leadsCsv),
    writeFile(join(DIR, 'consents.csv'), base.consentsCsv),
    writeFile(join(DIR, 'optouts.csv'), base.optOutsCsv),
    writeFile(join(DIR, 'policy.json'), JSON.stringify(pack, null, 2)),
    writeFile(join(DIR, 'campaign.yaml'), campaign),
  ]);
  say(
    `hours of the demo’s policy: ${hours.from}–${hours.to} local; home ${hours.homeZone}, closed in ${hours.farZone}`,
  );
  return base;
}

interface Stage {
  readonly ready: StageReady;
  readonly stop: () => Promise<void>;
  readonly keep: () => void;
}

/** A process group of its own, so that Ctrl-C reaches the demo alone and the demo ends it in order. */
async function raiseStage(): Promise<Stage> {
  const child: ChildProcess = fork(STAGE, [DIR, String(AGENTS.length), values.simulated ? 'simulated' : 'asterisk'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    if (child.connected) child.send('stop');
    await exited;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say('\nstopping…');
      void stop().then(() => process.exit(130));
    });
  }
  const ready = await new Promise<StageReady>((resolve, reject) => {
    child.on('message', (message: StageSays) => {
      if (message.type === 'say') say(message.line);
      else if (message.type === 'ready') resolve(message);
      else reject(new Error(message.reason));
    });
    child.once('exit', (code) => reject(new Error(`the stage ended with ${code}`)));
  });
  return {
    ready,
    stop,
    keep() {
      child.send('keep');
      child.disconnect();
      child.unref();
    },
  };
}

async function leftRunning(): Promise<number | null> {
  if (!existsSync(STATE)) return null;
  const { pid } = JSON.parse(await readFile(STATE, 'utf8')) as { pid: number };
  return isAlive(pid) ? pid : null;
}

async function endProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const end = systemClock.monotonic() + 20_000;
  while (isAlive(pid) && systemClock.monotonic() < end) await sleep(systemClock, 100);
}

function tellWhatNext(): void {
  heading('Everything is still running. Try');
  const at = `npm run obzvon -- --socket ${SOCKET}`;
  say(`${at} status
${at} agent login anna --ready
${at} campaign start demo            dials again those who are due
${at} call list --limit 5
${at} gate explain demo '8 (903) 061-01-00'     may this number be called now?
kill -9 the daemon in mid-campaign (status shows its process): it is started again, takes its calls over, dials nobody twice
tail -f ${join(DIR, 'obzvond.log')}
npm run demo -- --stop                                                  ends it all`);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
