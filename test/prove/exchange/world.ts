import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { call } from '../../../lib/control/client.ts';
import type { CommandName, Commands } from '../../../lib/control/commands.ts';
import { phoneToInteger } from '../../../lib/core/phone.ts';
import { ObzvonError } from '../../../lib/errors.ts';
import { seededRandom } from '../../../lib/sim/random.ts';
import { addLine, allDayPack, campaignText, consentRow, importRows } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { startFakeAmi } from '../../helpers/fake-ami.ts';
import { FAKE_SECRET } from '../../helpers/fake-ari.ts';
import { phoneOf } from '../../helpers/rig.ts';
import type { LifeSpan } from '../lives/history.ts';
import type { Breach } from '../lives/invariants.ts';
import { openAri, type Moment } from './ari-door.ts';
import { drawKill, LIFE_MS, type KillPlan } from './kill-plan.ts';
import { personOf } from './people.ts';
import { createSwitch } from './switch.ts';
import { AGENTS, CAMPAIGNS, leadOf, OPT_OUT_MESSAGE, TRUNK, type CampaignPlan, type Seen } from './terms.ts';

/*
 * One world of prove:kill: a switch, people, agents, somebody who gives orders, and somebody who kills. The daemon is a
 * process started from `tree` as its supervisor would start it; everything here outlives it.
 */

export interface WorldPlan {
  readonly seed: number;
  readonly kills: number;
  /** A folder of its own; it must not be there yet. Its path is short: a socket lies in it. */
  readonly dir: string;
  /** The program that is killed. */
  readonly tree: string;
  /** A copy is checked each so many kills. */
  readonly checkEvery: number;
  readonly onKill?: (kills: number) => void;
}

export interface WorldFound {
  readonly kills: number;
  readonly calls: number;
  readonly bridged: number;
  /** Talks that went on after the death of a daemon. */
  readonly outlived: number;
  readonly optOuts: number;
  /** From a process's start until it may dial, ms. */
  readonly startsMs: readonly number[];
  /** Kills by what they were aimed at. */
  readonly byAim: Readonly<Record<string, number>>;
  /** The longest this process stood still, ms. */
  readonly longestStallMs: number;
  readonly breaches: readonly Finding[];
}

/** A law that does not hold, or a world that stands still. */
export type Finding = Breach | { readonly law: 'liveness'; readonly what: string };

const LEADS_AT_A_TIME = 120;
const LEG_LASTS_MS = 90_000;
/** A daemon that does not dial by then never will. */
const START_LIMIT_MS = 90_000;
const STALL_STEP_MS = 20;
const STALL_MS = 60;
const KEPT_OUTPUT = 200_000;
const CHECK = fileURLToPath(new URL('./check.ts', import.meta.url));
const run = promisify(execFile);

/** Runs a world to its end, or to the first check that finds a breach. */
export async function runWorld(plan: WorldPlan): Promise<WorldFound> {
  const { dir, seed } = plan;
  mkdirSync(dir, { recursive: true });
  const random = seededRandom(seed);
  const socket = join(dir, 'control.sock');
  const database = join(dir, 'obzvon.db');
  const said: { phone: number; at: number }[] = [];
  const toldOff = new Set<number>();
  const spans: { -readonly [K in keyof LifeSpan]: LifeSpan[K] }[] = [];
  const stalls: { at: number; ms: number }[] = [];
  const startsMs: number[] = [];
  const byAim: Record<string, number> = {};
  const imported = new Map<string, number>();
  const outputs: string[] = [];
  let kills = 0;
  let idleLives = 0;
  let prepared = false;
  let onMoment: (moment: Moment) => void = () => undefined;

  const ami = await startFakeAmi({ secret: FAKE_SECRET });
  const door = await openAri({
    exchange: () => exchange,
    moment: (moment) => onMoment(moment),
    late: () => random() ** 2 * 120,
  });
  const exchange = createSwitch({
    celFile: join(dir, 'cel.jsonl'),
    random,
    people: (phone, nth) => personOf(phone, nth, seed),
    legLastsMs: LEG_LASTS_MS,
    optOutMessage: OPT_OUT_MESSAGE,
    tell: door.tell,
    tellAmi: (event) => ami.send(event),
    listening: door.listening,
    onConfirmed: (phone) => void said.push({ phone, at: Date.now() }),
  });
  writeConfig(dir, { url: door.url, amiPort: ami.port, agents: AGENTS, trunk: TRUNK });

  let lastBeat = performance.now();
  const beat = setInterval(() => {
    const late = performance.now() - lastBeat - STALL_STEP_MS;
    if (late > STALL_MS) stalls.push({ at: Date.now(), ms: Math.round(late) });
    lastBeat = performance.now();
  }, STALL_STEP_MS);

  const ask = <C extends CommandName>(command: C, args: Commands[C]['args']): Promise<Commands[C]['result']> =>
    call(socket, command, args, { timeoutMs: 60_000 });

  /** Another part of a base, with the consents of its people. */
  async function importPart(campaign: CampaignPlan): Promise<void> {
    const from = imported.get(campaign.name) ?? 0;
    const leads = Array.from({ length: LEADS_AT_A_TIME }, (_, i) => leadOf(campaign, from + i));
    const list = `${campaign.name}-${from}.csv`;
    await importRows(
      ask,
      'consent',
      leads.map(({ phone }) => consentRow(phone)),
      { list: `consents-${list}` },
    );
    await importRows(ask, 'lead', leads, { campaign: campaign.name, list });
    imported.set(campaign.name, from + LEADS_AT_A_TIME);
  }

  async function prepare(): Promise<void> {
    await addLine(ask);
    for (const campaign of CAMPAIGNS) {
      const { name, more } = campaign;
      await ask('campaign.apply', { text: campaignText({ name, more }), file: `${name}.yaml` });
      await importPart(campaign);
    }
  }

  /** What people at work do: agents whose phone hung up log in, campaigns that stopped are started with a fresh base. */
  async function tend(): Promise<void> {
    for (const { id, state } of (await ask('agent.list', {})).agents) {
      if (state === 'offline') await ask('agent.login', { id, ready: true });
      if (state === 'paused') await ask('agent.ready', { id });
    }
    for (const { name, state, leads } of (await ask('campaign.list', {})).campaigns) {
      const campaign = CAMPAIGNS.find((one) => one.name === name);
      if (campaign === undefined) continue;
      // Most numbers of the mornings wait for theirs: a little more is enough.
      if (leads.callable < 30 && (!campaign.mornings || random() < 0.1)) await importPart(campaign);
      if (state !== 'running') await ask('campaign.start', { name });
    }
    idleLives = 0;
  }

  /** Somebody says "never again": who is being called now, or anybody of the base. */
  async function optOut(): Promise<void> {
    const live = exchange.live();
    const campaign = CAMPAIGNS[Math.floor(random() * CAMPAIGNS.length)] as CampaignPlan;
    const phone =
      live.length > 0 && random() < 0.5
        ? `+${live[Math.floor(random() * live.length)]?.phone}`
        : leadOf(campaign, Math.floor(random() * (imported.get(campaign.name) ?? 1))).phone;
    const number = phoneToInteger(phoneOf(phone));
    toldOff.add(number);
    await ask('optout.add', { phone, source: 'letter' });
    said.push({ phone: number, at: Date.now() });
  }

  /** One daemon, from its start to its death; resolves when it is gone. */
  async function life(kill: KillPlan | null): Promise<void> {
    const bornMs = performance.now();
    const span: (typeof spans)[number] = { startedAt: Date.now(), reconciledAt: null, endedAt: null };
    spans.push(span);
    const child = spawn(process.execPath, [join(plan.tree, 'bin/obzvond.mjs'), '--config', join(dir, 'config.yaml')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', XDG_CACHE_HOME: join(dir, '..', 'cache') },
    });
    const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    let killed = false;
    let output = '';
    const { promise: dialing, resolve: mayDial } = Promise.withResolvers<boolean>();
    const hearOutput = (text: string): void => {
      output = (output + text).slice(-KEPT_OUTPUT);
      if (output.includes('reconciled; dialing may go on')) mayDial(true);
    };
    child.stdout.setEncoding('utf8').on('data', hearOutput);
    child.stderr.setEncoding('utf8').on('data', hearOutput);
    void exit.then(() => mayDial(false));
    const die = (): void => {
      killed = true;
      child.kill('SIGKILL');
    };
    const timers: NodeJS.Timeout[] = [];
    const later = (ms: number, act: () => void): void => void timers.push(setTimeout(act, ms));

    let surveys = 0;
    let seen = 0;
    const placedBefore = exchange.calls.length;
    onMoment = (moment) => {
      // The adapter asks once to connect, the engine once to reconcile.
      if (moment === 'surveyed' && (surveys += 1) === 2) span.reconciledAt = Date.now();
      if (kill?.kind !== 'moment' || moment !== kill.moment || (seen += 1) !== kill.nth) return;
      if (kill.holdMs !== null) exchange.delayNext(kill.holdMs);
      if (kill.ms === 0) die();
      else later(kill.ms, die);
    };
    if (kill?.kind === 'start') later(kill.ms, die);
    later(START_LIMIT_MS, () => {
      if (span.reconciledAt === null) die();
    });

    if (await dialing) {
      startsMs.push(performance.now() - bornMs);
      try {
        await work(kill, later, die);
      } catch (error) {
        // What it did not answer because it died is not acknowledged.
        const refused = error instanceof ObzvonError && error.code === 'MOVE_REFUSED';
        if (!killed && !refused) throw error;
      }
    }
    const [code, signal] = await exit;
    for (const timer of timers) clearTimeout(timer);
    onMoment = () => undefined;
    span.endedAt = Date.now();
    idleLives = exchange.calls.length > placedBefore ? 0 : idleLives + 1;
    outputs.push(output);
    if (outputs.length > 5) outputs.shift();
    if (kill !== null && !killed)
      throw new Error(`a daemon ended by itself, ${signal ?? code}: ${output.slice(-3_000)}`);
  }

  /** The life of a daemon that may dial, up to the kill. */
  async function work(
    kill: KillPlan | null,
    later: (ms: number, act: () => void) => void,
    die: () => void,
  ): Promise<void> {
    if (kill === null) {
      await settle();
      return;
    }
    if (!prepared) {
      await prepare();
      await tend();
      prepared = true;
    }
    later(LIFE_MS, die);
    if (kill.kind === 'time') later(kill.ms, die);
    if (kill.kind === 'import') {
      later(kill.ms, die);
      await importPart(CAMPAIGNS[Math.floor(random() * CAMPAIGNS.length)] as CampaignPlan);
    }
    if (kills % 6 === 0 || idleLives >= 2) await tend();
    if (kill.kind === 'opt-out') {
      const told = optOut();
      later(kill.ms, die);
      await told;
    } else if (random() < 0.5) {
      await new Promise<void>((resolve) => later(random() * 800, resolve));
      await optOut();
    }
  }

  /** Lets the last daemon bring everything to rest, then ends it as systemd does. */
  async function settle(): Promise<void> {
    for (const { name, state } of (await ask('campaign.list', {})).campaigns) {
      if (state === 'running' || state === 'paused' || state === 'halted') await ask('campaign.stop', { name });
    }
    await eventually(
      'all calls are over and known to be',
      async () => {
        if (exchange.live().length > 0) return false;
        return (await ask('campaign.list', {})).campaigns.every(({ liveCalls }) => liveCalls === 0);
      },
      120_000,
    );
    process.kill((await ask('status', {})).pid, 'SIGTERM');
  }

  function copy(to: string): Seen {
    mkdirSync(to, { recursive: true });
    for (const more of ['', '-wal', '.key', '.anchors']) {
      if (existsSync(`${database}${more}`)) copyFileSync(`${database}${more}`, join(to, `obzvon.db${more}`));
    }
    const seen: Seen = {
      calls: exchange.calls,
      optOuts: said,
      silences: [],
      steps: [],
      bugs: [],
      lives: spans,
      endedAt: Date.now(),
      stalls,
      toldOff: [...toldOff],
    };
    writeFileSync(join(to, 'seen.json'), JSON.stringify(seen));
    writeFileSync(join(to, 'last-lives.log'), outputs.join('\n--- killed ---\n'));
    return seen;
  }

  async function check(atRest: boolean): Promise<Breach[]> {
    const folder = join(dir, `check-${kills}`);
    copy(folder);
    const { stdout } = await run(process.execPath, [CHECK, folder, atRest ? 'at-rest' : ''], {
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const breaches = JSON.parse(stdout) as Breach[];
    if (breaches.length === 0) rmSync(folder, { recursive: true });
    return breaches;
  }

  function found(breaches: readonly Finding[]): WorldFound {
    const { calls } = exchange;
    const talks = calls.filter(({ bridges }) => bridges.length > 0);
    const deaths = spans.flatMap(({ endedAt }) => endedAt ?? []);
    return {
      kills,
      calls: calls.length,
      bridged: talks.length,
      outlived: talks.filter(({ bridges, endedAt }) =>
        deaths.some((at) => (bridges[0]?.at ?? Infinity) < at && at < (endedAt ?? 0)),
      ).length,
      optOuts: said.length,
      startsMs,
      byAim,
      longestStallMs: Math.max(0, ...stalls.map(({ ms }) => ms)),
      breaches,
    };
  }

  /** The check of a copy goes on beside the next lives. */
  let checking: Promise<Breach[]> = Promise.resolve([]);
  let breaches: readonly Finding[] = [];
  try {
    while (kills < plan.kills && breaches.length === 0) {
      const kill: KillPlan = prepared ? drawKill(random, startsMs.at(-1) ?? 1_000) : { kind: 'time', ms: 1_000 };
      await life(kill);
      kills += 1;
      const aim = kill.kind === 'moment' ? kill.moment : kill.kind;
      byAim[aim] = (byAim[aim] ?? 0) + 1;
      plan.onKill?.(kills);
      // Mostly at once; some calls end while nobody is there.
      if (random() < 0.15) await new Promise((resolve) => setTimeout(resolve, random() * 1_500));
      if (kills % plan.checkEvery === 0 && kills < plan.kills) {
        breaches = await checking;
        checking = check(false);
      }
    }
    breaches = [...breaches, ...(await checking)];
    if (breaches.length === 0) {
      await life(null);
      breaches = await check(true);
    }
  } catch (error) {
    copy(join(dir, `failed-${kills}`));
    breaches = [
      ...breaches,
      { law: 'liveness', what: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    ];
  } finally {
    clearInterval(beat);
    exchange.stop();
    await Promise.all([door.stop(), ami.stop()]);
  }
  return found(breaches);
}

/** Writes the files a daemon before this switch is started with. */
export function writeConfig(
  dir: string,
  plan: { readonly url: string; readonly amiPort: number; readonly agents: number; readonly trunk: typeof TRUNK },
): void {
  const { url, amiPort, trunk } = plan;
  const crew = Array.from({ length: plan.agents }, (_, i) => `  a${i + 1}: { endpoint: PJSIP/agent${i + 1} }\n`);
  const files: Record<string, string> = {
    'config.yaml': `database: obzvon.db
socket: control.sock
policies: [policy.json]
agents:
${crew.join('')}pbx:
  kind: asterisk
  ari: { url: "${url}", user: obzvon, secretFile: secret }
  ami: { port: ${amiPort}, user: obzvon, secretFile: secret }
  cel: cel.jsonl
trunks:
  pstn: { endpoint: PJSIP/pstn, dial: "PJSIP/{number}@pstn", channels: ${trunk.channels}, originatesPerSecond: ${trunk.originatesPerSecond} }
`,
    'policy.json': allDayPack(),
    secret: FAKE_SECRET,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, { mode: 0o600 });
}
