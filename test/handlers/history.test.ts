import t from 'tap';
import type { CampaignHistory } from '../../lib/campaign-history.ts';
import { crossChecks } from '../../lib/sim/scenario.ts';
import { ENOUGH, scenarioFromHistory } from '../../lib/sim/from-history.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { DEFAULT_WISHES } from '../../lib/sim/methods.ts';
import { quantileOf } from '../../lib/sim/model-duration.ts';
import { logNormal, seededRandom } from '../../lib/sim/random.ts';
import { runJob } from '../../lib/sim/run.ts';
import { desk, number, type Desk } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, login, NOON } from '../helpers/rig.ts';

const LEADS = 1500;
const AGENTS = 6;
const HOUR_MS = 3_600_000;

/** People of known habits: 45 % answer, 12 % are busy, 3 % refuse, the rest ring on. */
function people(): Record<string, CalleePlan> {
  const random = seededRandom(7);
  const plan = (): CalleePlan => {
    const lot = random();
    const afterMs = 1_000 + 2_000 * random();
    if (lot < 0.12) return { kind: 'refuse', afterMs, rings: false, cause: 17, sipCode: 486 };
    if (lot < 0.15) return { kind: 'refuse', afterMs, rings: false, cause: 1, sipCode: 404 };
    if (lot < 0.55) return { kind: 'ring' };
    return {
      kind: 'answer',
      ringMs: Math.min(18_000, logNormal(random, 6_000, 0.4)),
      talkMs: logNormal(random, 40_000, 0.5),
    };
  };
  return Object.fromEntries(Array.from({ length: LEADS }, (_, index) => [tail(index), plan()]));
}

const tail = (index: number): string => String(index).padStart(4, '0');

/** A morning of the real dialer on the simulated PBX. */
async function morning(hours: number): Promise<Desk> {
  const it = await desk(people(), { agents: AGENTS, spec: { wrapUpS: 8, ends: 'base' } });
  const id = it.rig.store.campaigns.byName('test')?.id ?? 0;
  for (let index = 0; index < LEADS; index += 1) {
    addLead(it.rig.store, id, number(tail(index)), NOON, {
      zone: index % 3 === 0 ? 'Asia/Yekaterinburg' : 'Europe/Moscow',
    });
  }
  login(it.rig);
  await it.clock.until(it.rig.crewReady, 30_000);
  await it.ask('campaign.start', { name: 'test' });
  await it.clock.advance(hours * HOUR_MS);
  return it;
}

const ask = (it: Desk, changes: { days?: number; attempts?: number } = {}): Promise<CampaignHistory> =>
  it.ask('campaign.history', { name: 'test', days: 30, attempts: 20_000, ...changes });

const portrait = (history: CampaignHistory, base: boolean) =>
  scenarioFromHistory(history, {
    shift: { from: '09:00', zone: '+03:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'] },
    durationS: 4 * 3600,
    agents: AGENTS,
    offsetMs: 3 * HOUR_MS,
    base,
  });

await t.test('a daemon’s day: its history says what happened, and a simulation of it comes out alike', async (t) => {
  const it = await morning(2);
  const history = await ask(it);
  const { calls } = history;
  const { figures, dispositions } = it.rig.store.reports;
  const id = it.rig.campaign.id;
  const known = Object.fromEntries(dispositions(id).map(({ disposition, n }) => [disposition ?? 'open', n]));
  const count = (name: string): number => known[name] ?? 0;

  await t.test('counts are those of the rows', async (t) => {
    t.ok(calls.all.attempts > 500, `${calls.all.attempts} attempts`);
    t.equal(calls.all.attempts, figures(id, 2_000).resolved);
    t.equal(calls.all.answered, count('talked') + count('abandoned'));
    t.equal(calls.all.busy, count('busy'));
    t.equal(calls.all.refused, count('unallocated'));
    t.equal(calls.all.noAnswer, count('no-answer'));
    t.equal(
      calls.hours.reduce((sum, hour) => sum + hour.attempts, 0),
      calls.all.attempts,
    );
    t.ok((calls.hours[9]?.attempts ?? 0) > 100, 'noon in Moscow is nine in Greenwich');
    t.equal(calls.agents, AGENTS);
    t.ok((calls.ordinals[1]?.attempts ?? 0) > 0, 'some were called again');
  });

  await t.test('times are those of the people', async (t) => {
    const median = (name: 'pickUp' | 'talk' | 'wrapUp' | 'giveUp'): number => quantileOf(calls[name].quantilesMs, 0.5);
    t.ok(Math.abs(median('pickUp') - 6_000) < 600, `${median('pickUp')} ms of ringing`);
    t.ok(Math.abs(median('talk') - 40_000) < 4_000, `${median('talk')} ms of talk`);
    t.ok(Math.abs(median('wrapUp') - 8_000) < 50, `${median('wrapUp')} ms of wrap-up`);
    t.ok(calls.wrapUp.count > 0.9 * calls.talk.count, 'nearly every talk has its wrap-up in the journal');
    t.ok(median('giveUp') > 15_000, `${median('giveUp')} ms of ringing in vain`);
  });

  await t.test('leads are in groups by what is due, and none is lost', async (t) => {
    const open = history.open.reduce((sum, group) => sum + group.count, 0);
    t.equal(open + history.leads.final + history.leads.refused, history.leads.total);
    t.equal(history.leads.total, LEADS);
    t.strictSame([...new Set(history.open.map(({ zones }) => zones.join()))].sort(), ['+03:00', '+05:00']);
    t.ok(
      history.open.some(({ attempts, dueInH }) => attempts === 1 && dueInH > 0 && Number.isInteger(4 * dueInH)),
      'who did not answer is due later',
    );
  });

  await t.test('the scenario is sound, and its progressive talk share is the daemon’s', async (t) => {
    const { scenario, origins } = portrait(history, false);
    t.strictSame(crossChecks(scenario), []);
    t.match(origins.find(({ what }) => what === 'talk')?.figure, /median \d+ s/);
    const { firstAt, lastAt, talkMs } = figures(id, 2_000);
    const daemons = talkMs / (AGENTS * ((lastAt ?? 0) - (firstAt ?? 0)));
    const runs = [1, 2, 3].map((seed) =>
      runJob({ scenario, method: 'progressive', wishes: DEFAULT_WISHES, seed, from: NOON }),
    );
    const simulated = runs.reduce((sum, { talk }) => sum + talk, 0) / runs.length;
    t.ok(Math.abs(simulated - daemons) < 0.03, `simulated ${simulated}, the daemon had ${daemons}`);
  });

  await t.test('with a base the open leads are the list', async (t) => {
    const { scenario } = portrait(history, true);
    t.strictSame(crossChecks(scenario), []);
    const base = scenario.campaigns[0]?.base;
    t.equal(
      base?.groups.reduce((sum, group) => sum + group.count, 0),
      history.open.reduce((sum, group) => sum + group.count, 0),
    );
    t.strictSame(base?.hours.work, { from: '09:00', to: '21:00' }, 'the policy’s hours of the purpose');
    t.strictSame(base?.retry, history.spec.retry);
  });

  await t.test('fewer attempts are looked at when so asked: the newest', async (t) => {
    const few = await ask(it, { attempts: 50 });
    t.equal(few.calls.all.attempts <= 50, true);
    t.equal(few.calls.to, calls.to);
    t.ok((few.calls.from ?? 0) > (calls.from ?? Infinity));
  });
});

void t.test('a campaign that has not called: everything is assumed, and it is said', async (t) => {
  const it = await desk({}, { agents: 2 });
  const history = await ask(it);
  t.equal(history.calls.from, null);
  const { scenario, origins } = portrait(history, false);
  t.strictSame(crossChecks(scenario), []);
  t.equal(scenario.campaigns[0]?.answers, 0.35);
  t.ok(origins.every(({ calls }) => calls === 0));
  t.match(origins[0]?.figure, new RegExp(`0 calls are too few, ${ENOUGH} are needed`));
  t.match(origins.find(({ what }) => what === 'wrap-up')?.figure, /1\.0 s of the campaign file/);
});

void t.test('a campaign nobody knows is not found', async (t) => {
  const it = await desk();
  t.match(await rejection(it.ask('campaign.history', { name: 'none', days: 30, attempts: 1 })), { code: 'NOT_FOUND' });
});
