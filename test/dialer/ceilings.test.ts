import t from 'tap';
import type { CampaignSpec } from '../../lib/campaign-file.ts';
import { ceilingOf } from '../../lib/core/guard/ceilings.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import type { Store } from '../../lib/store/store.ts';
import { addLead, buildRig, login, NOON, phoneOf, startCampaign } from '../helpers/rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Limits {
  readonly spec?: Partial<CampaignSpec>;
  readonly trunk?: Partial<NonNullable<Parameters<typeof buildRig>[0]['trunk']>>;
}

/** Two agents whose callees talk for 70 s: two begun minutes each. */
async function floorWith({ spec = {}, trunk = {} }: Limits) {
  const clock = createVirtualClock(NOON);
  const pbx = createSimulatedPbx({
    clock,
    random: seededRandom(1),
    callees: () => ({ kind: 'answer', ringMs: 2_000, talkMs: 70_000 }),
  });
  const build = (store?: Store) =>
    buildRig({
      clock,
      pbx,
      ...(store === undefined ? {} : { store }),
      spec,
      trunk: { channels: 30, originatesPerSecond: 10, ...trunk },
    });
  const rig = build();
  await rig.engine.start();
  for (let i = 0; i < 100; i += 1) {
    addLead(rig.store, rig.campaign.id, phoneOf(`+7916${String(1_000_000 + i)}`), NOON);
  }
  login(rig);
  await clock.advance(1_000);
  startCampaign(rig);
  return { clock, pbx, rig, build };
}

const price = { attempt: 1, minute: 2 };
const CASES: readonly [what: string, limits: Limits, placed: number, code: string][] = [
  ['the campaign’s attempts', { spec: { ceilings: { attemptsPerDay: 7 } } }, 7, 'CEILING_ATTEMPTS'],
  ['the trunk’s attempts', { trunk: { ceilings: { attemptsPerDay: 5 } } }, 5, 'CEILING_ATTEMPTS'],
  // Two calls cost 10 together; the third and fourth begin with 10 spent.
  ['the campaign’s money', { spec: { ceilings: { spendPerDay: 11 }, price } }, 3, 'CEILING_SPEND'],
  ['the trunk’s money', { trunk: { ceilings: { spendPerDay: 12 }, price } }, 4, 'CEILING_SPEND'],
];
for (const [what, limits, placed, code] of CASES) {
  void t.test(`a day’s ceiling on ${what} holds to the call, and over a restart`, async (t) => {
    const { clock, pbx, rig, build } = await floorWith(limits);
    await clock.advance(10 * MINUTE);
    t.equal(pbx.placed.length, placed);
    t.equal(rig.campaign.state, 'running', 'it rests, and no lead is charged or closed');
    t.match(rig.campaign.rest, { kind: 'rest', code });
    await rig.engine.stop();
    const next = build(rig.store);
    await next.engine.start();
    await clock.advance(3 * MINUTE);
    t.equal(pbx.placed.length, placed, 'a restart gives no new allowance');
    t.strictSame(next.fatal, []);
    await next.engine.stop();
  });
}

void t.test('what was used is forgotten after a day, by whole hours, and never before', async (t) => {
  const { rig } = await floorWith({});
  const { usage } = rig.store;
  const ceiling = ceilingOf('trunk', 'other', { attemptsPerDay: 1 });
  const at = NOON + 59 * MINUTE;
  usage.addAttempt(at, 'other', rig.campaign.id);
  usage.addMinutes(at, 'other', rig.campaign.id, 3);
  const of = (now: number) => usage.of([ceiling], rig.campaign.id, now)[0];
  t.match(of(at), { attempts: 1, minutes: 3, freesAt: NOON + HOUR });
  t.match(of(at + 24 * HOUR), { attempts: 1, minutes: 3, freesAt: NOON + 25 * HOUR });
  t.match(of(NOON + 25 * HOUR), { attempts: 0, minutes: 0 });
  usage.prune(at + 47 * HOUR);
  t.match(of(at), { attempts: 1 });
  usage.prune(at + 50 * HOUR);
  t.match(of(at), { attempts: 0 });
  await rig.engine.stop();
});
