import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { BEHAVIOURS, behaviourOf, numberFor, type BehaviourName } from '../../asterisk/testbed/behaviours.ts';
import { startTestbed, type Testbed } from '../../asterisk/testbed/start.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import type { Call } from '../../lib/control/commands/calls.ts';
import type { Status } from '../../lib/control/commands/status.ts';
import type { Disposition } from '../../lib/core/outcome.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import {
  bedFiles,
  campaignText,
  loginAll,
  prepareCampaign,
  startDaemon,
  type DaemonProcess,
} from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { shortDir } from '../helpers/short-dir.ts';

const SEED = Number(process.env['OBZVON_KILL_SEED'] ?? 1);
const AGENTS = 12;
const LEADS = 60;

/** Nobody is due again within the test, so each number may be dialed once at most. */
const CAMPAIGN = campaignText({
  more: `retry:
${['busy', 'no-answer', 'unreachable', 'congestion', 'trunk-failure', 'cancelled', 'abandoned'].map((name) => `  ${name}: { afterMin: 1440 }\n`).join('')}`,
});

/** When to kill: so many calls were placed, and now so many are in one of these states. */
interface KillPlan {
  readonly placed: number;
  readonly now: 'ring' | 'talk';
  /** Stays away until one of the calls that talked has ended unheard. */
  readonly away: boolean;
}

const RINGING: readonly (keyof Status['calls'])[] = ['planned', 'dialing', 'ringing'];
const LIVE = { ring: RINGING, talk: ['talking'] } as const;

void t.test(
  'kill -9 of the daemon in mid-campaign, four times: no number dialed twice, talks and agents go on, nothing is stuck',
  { timeout: 110_000 },
  async (t) => {
    const random = seededRandom(SEED);
    const bed = await startTestbed({ agents: AGENTS, seed: SEED });
    t.teardown(() => bed.stop());
    const dir = shortDir(t, bedFiles(bed));
    const phones = base(random);
    const witness = createWitness(bed);

    let daemon = startDaemon(t, dir);
    await daemon.dialing();
    await prepareCampaign(daemon.ask, phones, CAMPAIGN);
    await loginAll(daemon.ask);
    const legs = (await witness.channels()).filter((id) => id.startsWith('ag-')).sort();
    t.equal(legs.length, AGENTS);
    await daemon.ask('campaign.start', { name: 'test' });

    const survivors = new Map<string, Call>();
    const plans: readonly KillPlan[] = [
      { placed: 6, now: 'ring', away: false },
      { placed: 16, now: 'talk', away: true },
      { placed: 26, now: 'ring', away: true },
      { placed: 36, now: 'talk', away: false },
    ];
    for (const [round, plan] of plans.entries()) {
      const what = `kill ${round + 1}`;
      await momentOf(daemon, witness, { ...plan, placed: plan.placed + Math.floor(random() * 5) });
      await sleep(systemClock, random() * 150);
      const before = (await daemon.ask('call.list', { campaign: 'test', limit: LEADS })).calls;
      daemon.kill('SIGKILL');
      t.strictSame(await daemon.exited(), { code: null, signal: 'SIGKILL' }, what);

      const talked = before.filter(({ state }) => state === 'talking');
      for (const call of await goOn(t, witness, talked, what)) survivors.set(call.id, call);
      t.strictSame((await witness.channels()).filter((id) => id.startsWith('ag-')).sort(), legs, `${what}: the legs`);
      if (plan.away && talked.length > 0) {
        await eventually('a talk ends unheard', async () => {
          const ended = await witness.ended();
          return talked.some(({ id }) => ended.has(id));
        });
      }
      const placed = (await witness.placed()).length;
      daemon = startDaemon(t, dir);
      await daemon.dialing();
      await eventually(`${what}: dialing resumes`, async () => (await witness.placed()).length > placed);
    }

    await eventually(
      'the campaign is done',
      async () => (await daemon.ask('campaign.show', { name: 'test' })).state === 'stopped',
      60_000,
    );
    const { calls } = await daemon.ask('call.list', { campaign: 'test', limit: 10_000 });
    const report = await daemon.ask('report.campaign', { name: 'test' });
    const placed = await witness.placed();

    const phoneOf = new Map(calls.map(({ id, phone }) => [id, phone]));
    t.strictSame(twice(placed), [], 'Asterisk saw no attempt twice');
    t.strictSame(
      placed.filter((id) => !phoneOf.has(id)),
      [],
      'Asterisk saw no call the database does not know',
    );
    t.strictSame(placed.map((id) => phoneOf.get(id)).sort(), [...phones].sort(), 'each number was dialed exactly once');
    t.equal(await witness.heardByNetwork(), LEADS + AGENTS, 'and the network, which was never killed, counts the same');

    const unplaced = calls.filter(({ id }) => !placed.includes(id)).map(({ disposition }) => disposition);
    t.ok(
      unplaced.every((disposition) => disposition === 'not-placed'),
      `without a channel: ${unplaced.join()}`,
    );
    t.strictSame(
      calls.filter(({ disposition, endedAt }) => disposition === null || endedAt === null),
      [],
      'every attempt has its outcome',
    );
    const answered = await witness.answered();
    t.strictSame(
      calls.filter(({ id, answeredAt }) => answered.has(id) !== (answeredAt !== null)),
      [],
      'whom Asterisk saw answer, also while no daemon listened, is booked as a person who answered, and nobody else is',
    );
    t.strictSame(
      calls.filter(({ phone, disposition }) => !expected(phone).includes(disposition)),
      [],
      'each call ended as its callee ends calls, whoever was listening',
    );
    t.strictSame(
      { dialing: report.leads.dialing, callable: report.leads.callable, total: report.leads.total },
      { dialing: 0, callable: 0, total: LEADS },
    );
    for (const { law, ok, found } of report.checks) t.ok(ok, `${law}: ${found}`);
    t.ok(survivors.size >= 2, `${survivors.size} talks outlived their daemon`);
    for (const { id } of survivors.values()) {
      t.equal(calls.find((call) => call.id === id)?.disposition, 'talked', `${id} was a talk and stayed one`);
    }
    t.strictSame(
      (await witness.channels()).sort(),
      legs,
      'at the end the agents’ legs are up, the same, and no call is',
    );
    const { agents } = await daemon.ask('agent.list', {});
    t.ok(agents.every(({ state }) => state === 'available'));
    const dispositions = Object.entries(report.calls.byDisposition).map(([name, n]) => `${name} ${n}`);
    t.comment(`seed ${SEED}: ${dispositions.join(', ')}; ${survivors.size} talks outlived a daemon`);
    t.notOk(report.calls.byDisposition['unknown'], 'Asterisk’s record told the end of each call');
    daemon.kill('SIGTERM');
    t.strictSame(await daemon.exited(), { code: 0, signal: null });
  },
);

/** People of a base: talks of 4 to 8 seconds, and all that rings. */
function base(random: () => number): string[] {
  const shares: readonly (readonly [BehaviourName, number])[] = [
    ['human', 26],
    ['no-answer', 8],
    ['busy', 14],
    ['declined', 6],
    ['unallocated', 6],
  ];
  const people = shares.flatMap(([name, n]) => Array<BehaviourName>(n).fill(name));
  for (let i = people.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [people[i], people[j]] = [people[j] ?? 'busy', people[i] ?? 'busy'];
  }
  return people.map((name, serial) =>
    numberFor(name, { ringMs: 500 + Math.floor(random() * 20) * 100, talkS: 4 + Math.floor(random() * 5), serial }),
  );
}

/** How calls to this number may end: whom a person answered may also have found no daemon. */
function expected(phone: string): (Disposition | null)[] {
  const behaviour = behaviourOf(phone, SEED);
  const { disposition } = BEHAVIOURS[behaviour ?? 'human'].expect;
  return disposition === 'talked' ? ['talked', 'abandoned'] : [disposition];
}

async function momentOf(daemon: DaemonProcess, witness: Witness, plan: KillPlan): Promise<void> {
  await eventually(
    `${plan.placed} calls placed, some in ${plan.now}`,
    async () => {
      if ((await witness.placed()).length < plan.placed) return false;
      const { calls } = await daemon.ask('status', {});
      return LIVE[plan.now].reduce((sum, state) => sum + (calls[state] ?? 0), 0) >= 2;
    },
    30_000,
  );
}

/** Right after the kill: each talk is still up in its agent's bridge, unless its callee hung up in that very moment. */
async function goOn(t: Test, witness: Witness, talked: readonly Call[], what: string): Promise<Call[]> {
  const bridges = await witness.bridges();
  const together = talked.filter(({ id, agent }) => bridges.get(`br-${agent}`)?.includes(id));
  const apart = talked.filter((call) => !together.includes(call));
  const ended = await witness.ended();
  t.strictSame(
    apart.filter(({ id }) => !ended.has(id)).map(({ id }) => id),
    [],
    `${what}: ${together.length} of ${talked.length} talks go on`,
  );
  return together;
}

type Witness = ReturnType<typeof createWitness>;

/** What Asterisk itself knows, asked past the daemon. */
function createWitness(bed: Testbed) {
  const { httpUrl, ariUser, ariSecret, celFile } = bed.pbx;
  const authorization = `Basic ${Buffer.from(`${ariUser}:${ariSecret}`).toString('base64')}`;
  async function ari<T>(path: string): Promise<T> {
    const response = await fetch(`${httpUrl}/ari/${path}`, { headers: { authorization } });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return (await response.json()) as T;
  }
  /** Ids of our calls in the event record, by the type of the event. */
  async function recorded(type: string): Promise<string[]> {
    return (await readFile(celFile, 'utf8'))
      .split('\n')
      .filter((line) => line.endsWith('}') && line.includes(`"${type}"`))
      .map((line) => (JSON.parse(line) as { uniqueid?: string }).uniqueid ?? '')
      .filter((id) => id.startsWith('at-'));
  }
  return {
    channels: async () => (await ari<{ id: string }[]>('channels')).map(({ id }) => id),
    bridges: async () =>
      new Map((await ari<{ id: string; channels: string[] }[]>('bridges')).map(({ id, channels }) => [id, channels])),
    placed: () => recorded('CHAN_START'),
    answered: async () => new Set(await recorded('ANSWER')),
    ended: async () => new Set(await recorded('HANGUP')),
    /** Calls the network and the agents' phones were given, by their own count. */
    async heardByNetwork(): Promise<number> {
      return Number(/(\d+) calls? processed/.exec(await bed.pstn.rx('core show channels count'))?.[1]);
    },
  };
}

function twice(ids: readonly string[]): string[] {
  return ids.filter((id, i) => ids.indexOf(id) !== i);
}
