import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { numberFor } from '../../asterisk/testbed/behaviours.ts';
import { startTestbed } from '../../asterisk/testbed/start.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { runClosing, type Closers } from '../helpers/closing.ts';
import { startDaemon } from './daemon.ts';
import { startPeople, type People } from './people.ts';
import { figuresOf, goalsOf, printReport, surroundings, type Figures, type Measured } from './report.ts';
import { poll, startMinimal, type Variant } from './variant.ts';

/*
 * npm run bench:bridge: how long after a callee's "hello" his agent hears him, through obzvon and through the least
 * client that can do it (minimal.ts), in turns in one run.
 *
 * Measured at the telephones, not in the clients: callees and agents' phones are SIP phones of this process (sip.ts,
 * people.ts). The clock starts when the callee's 200 OK goes out and stops when the first packet of that very callee's
 * voice comes in at an agent's phone; one process, one monotonic clock. Voices are packets of 20 ms, as phones send
 * them, so an instant bridge would show 0–20 ms.
 *
 * obzvon is the daemon as it ships (daemon.ts): own process, shipped config and dialplan, database on disk with
 * synchronous FULL, gate, journal, log to a file. It paces itself: 5 originates/s, one per free agent. The minimal
 * client places the same numbers at the same rate. Each callee rings for a random 0.3–2.2 s, so that answers come at
 * random moments whatever the beat of the originates, and hangs up after 3 s; 40 agents are nailed up before a round
 * and let go after it. A short first round of each is not counted: a daemon lives for days, its first calls are not
 * its usual ones.
 *
 * The minimal client's calls leave by the bed's second trunk, which differs by name alone: its far side is given with
 * the number. So neither client hears of the other's calls.
 */
const AGENTS = 40;
const PER_SECOND = 5;
const TALK_S = 3;
const WARM_UP = 10;
const ROUNDS = 4;
const PER_ROUND = 75;
const CALLER = '+74951234567';
const LIMIT_MS = 240_000;
/** With fewer calls than this share heard, the percentiles would say nothing. */
const HEARD_SHARE = 0.95;

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, dir: { type: 'string', default: tmpdir() } },
});
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(closers: Closers, leave: (code: number) => Promise<void>): Promise<number> {
  const dir = mkdtempSync(join(options.dir, 'obz-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const fsync = fsyncIn(dir);
  const testbed = await startTestbed({ agents: AGENTS, dir: join(dir, 'bed'), say });
  closers.push(() => testbed.stop());
  // only now: the first time, the bed may have had to fetch its Asterisk
  const watchdog = setTimeout(() => {
    say(`not done within ${LIMIT_MS / 1_000} s`);
    void leave(1);
  }, LIMIT_MS);
  closers.push(() => clearTimeout(watchdog));
  const people = await startPeople();
  closers.push(() => people.close());

  const rounds = numbers();
  const agents = testbed.agents.map(({ id, endpoint }) => `${endpoint}/sip:${id}@${people.phones}`);
  const dial = (trunk: string): string => `PJSIP/${trunk}/sip:{number}@${people.network}`;
  const { httpUrl, ariUser: user, ariSecret: secret } = testbed.pbx;
  const minimal = await startMinimal(
    { httpUrl, user, secret, app: 'minimal', context: 'obzvon-out', dial: dial('dead'), callerId: CALLER, agents },
    rounds,
    PER_SECOND,
  );
  closers.push(() => minimal.stop());
  const obzvon = await startDaemon({ dir, testbed, dial: dial('pstn'), agents, perSecond: PER_SECOND, rounds });
  closers.push(() => obzvon.stop());

  const lateness = monitorEventLoopDelay({ resolution: 1 });
  const tallies = [minimal, obzvon].map((variant) => ({ variant, rounds: [] as Round[] }));
  for (const round of rounds.keys()) {
    if (round === 1) lateness.enable();
    for (const { variant, rounds: done } of tallies) {
      const result = await play(variant, round, rounds[round]?.length ?? 0, people);
      if (round === 0) continue;
      done.push(result);
      const { p50, p99 } = figuresOf(result.heardMs);
      say(`${variant.name}, round ${round} of ${ROUNDS}: p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms`);
    }
  }
  lateness.disable();

  const [ofMinimal, ofObzvon] = tallies.map(({ variant, rounds }) => sum(variant.name, rounds));
  if (ofMinimal === undefined || ofObzvon === undefined) throw new Error('nothing was measured');
  const goals = goalsOf(ofMinimal, ofObzvon);
  const place = surroundings({
    asterisk: testbed.version,
    fsync,
    observer: {
      p50: late(lateness.percentile(50)),
      p90: late(lateness.percentile(90)),
      p99: late(lateness.percentile(99)),
      max: late(lateness.max),
    },
  });
  if (options.json) console.log(JSON.stringify({ minimal: ofMinimal, obzvon: ofObzvon, goals, ...place }, null, 2));
  else printReport(ofMinimal, ofObzvon, goals, place);
  return 0;
}

interface Round {
  readonly heardMs: readonly number[];
  readonly unheard: number;
  /** From the first answer to the last. */
  readonly lastedMs: number;
  readonly bridgedMs: readonly number[];
}

/** One round of one client, agents' login and logout included. */
async function play(variant: Variant, round: number, count: number, people: People): Promise<Round> {
  people.forget();
  await variant.login();
  await variant.dial(round);
  const over = (): boolean => people.calls.length >= count && people.calls.every((call) => call.over);
  await poll(`${variant.name} has made ${count} calls`, over, 60_000);
  await variant.logout();
  await poll(`the phones of ${variant.name} are down`, () => people.phonesUp() === 0);
  const answered = people.calls.filter((call) => call.answeredAt !== null);
  const heardMs = answered.flatMap(({ answeredAt, heardAt }) =>
    answeredAt === null || heardAt === null ? [] : [heardAt - answeredAt],
  );
  const unheard = answered.length - heardMs.length;
  if (answered.length < count || heardMs.length < count * HEARD_SHARE) {
    throw new Error(`${variant.name}: of ${count} callees ${answered.length} answered, ${heardMs.length} were heard`);
  }
  const moments = answered.map(({ answeredAt }) => answeredAt ?? 0);
  const lastedMs = Math.max(...moments) - Math.min(...moments);
  return { heardMs, unheard, lastedMs, bridgedMs: await variant.bridgedMs(round) };
}

function sum(name: string, rounds: readonly Round[]): Measured {
  const heard = rounds.flatMap(({ heardMs }) => heardMs);
  const unheard = rounds.reduce((all, round) => all + round.unheard, 0);
  const calls = heard.length + unheard;
  const lastedMs = rounds.reduce((all, round) => all + round.lastedMs, 0);
  return {
    name,
    calls,
    unheard,
    perSecond: ((calls - rounds.length) * 1_000) / lastedMs,
    heard: figuresOf([...heard, ...Array<number>(unheard).fill(Infinity)]),
    rounds: rounds.map(({ heardMs }) => figuresOf(heardMs)),
    bridged: figuresOf(rounds.flatMap(({ bridgedMs }) => bridgedMs)),
  };
}

/** Numbers of each round, the warm-up first; the same for both clients. */
function numbers(): string[][] {
  const random = seededRandom(1);
  let serial = 0;
  const take = (count: number): string[] =>
    Array.from({ length: count }, () => {
      const ringMs = 300 + Math.floor(random() * 20) * 100;
      return numberFor('human', { ringMs, talkS: TALK_S, serial: serial++ });
    });
  return [take(WARM_UP), ...Array.from({ length: ROUNDS }, () => take(PER_ROUND))];
}

/** What the disk asks for a commit: a page appended and synced, fifty times. */
function fsyncIn(dir: string): Figures {
  const file = openSync(join(dir, 'fsync'), 'w');
  const page = Buffer.alloc(4_096, 1);
  const took = Array.from({ length: 50 }, () => {
    const from = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    return performance.now() - from;
  });
  closeSync(file);
  return figuresOf(took);
}

/** The histogram's nanoseconds between ticks of 1 ms, as milliseconds too many. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - 1);
}

await runClosing(main);
