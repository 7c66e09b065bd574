import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { readiness } from '../../lib/dialer/engine.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import type { Disk } from '../../lib/store/disk.ts';
import { createStore } from '../../lib/store/store.ts';
import { addLead, buildRig, login, NOON, phoneOf, serialIds, startCampaign } from '../helpers/rig.ts';

const MB = 1_048_576;

/** A disk whose room the test sets, MB; null: nobody can tell. */
function diskWith(freeMb: number | null) {
  const disk = {
    freeMb,
    held: true,
    moves: [] as string[],
    freeBytes: () => (disk.freeMb === null ? null : disk.freeMb * MB),
    isShort: () => false,
    holdsBallast: () => disk.held,
    async makeBallast(bytes: number) {
      disk.held = true;
      disk.moves.push(`made ${bytes / MB}`);
    },
    releaseBallast() {
      disk.held = false;
      disk.moves.push('released');
    },
    readyToWrite: () => {},
  };
  return disk satisfies Disk;
}

/** A crew of two whose callees talk for 20 s. */
async function floorOn(disk: Disk | null, path = ':memory:') {
  const clock = createVirtualClock(NOON);
  const pbx = createSimulatedPbx({
    clock,
    random: seededRandom(1),
    callees: () => ({ kind: 'answer', ringMs: 1_000, talkMs: 20_000 }),
  });
  const store = { ...createStore(path, { newAttemptId: serialIds() }), disk };
  const rig = buildRig({ clock, pbx, store, safety: { minFreeMb: 500, ballastMb: 64 } });
  await rig.engine.start();
  for (let i = 0; i < 40; i += 1) addLead(store, rig.campaign.id, phoneOf(`+7916000${1_000 + i}`), NOON);
  login(rig);
  await clock.advance(1_000);
  startCampaign(rig);
  return { clock, pbx, rig, store };
}

void t.test(
  'a disk short of room stops dialing within a second, serves live calls, and lets dialing go on',
  async (t) => {
    const disk = diskWith(501);
    const { clock, pbx, rig } = await floorOn(disk);
    await clock.advance(5_000);
    t.equal(pbx.placed.length, 2);
    disk.freeMb = 499;
    await clock.advance(1_000);
    t.match(readiness(rig.engine.floor), {
      ok: false,
      reasons: [{ hold: 'disk-low', reason: /^499 MB free .* from 600 MB on: make room$/ }],
    });
    await clock.advance(60_000);
    t.equal(pbx.placed.length, 2, 'nobody is called');
    t.strictSame(
      rig.store.attempts.recent(null, null, 9).map(({ disposition }) => disposition),
      ['talked', 'talked'],
      'who talked then got his outcome',
    );
    t.ok(rig.crewReady(), 'and the agents are free again');
    disk.freeMb = 599;
    await clock.advance(10_000);
    t.equal(pbx.placed.length, 2, 'a little more room is not enough');
    disk.freeMb = 600;
    await clock.advance(3_000);
    t.equal(pbx.placed.length, 4);
    t.strictSame(rig.fatal, []);
    await rig.engine.stop();
  },
);

void t.test('a disk nobody can look at counts as full', async (t) => {
  const { clock, pbx, rig } = await floorOn(diskWith(null));
  await clock.advance(30_000);
  t.equal(pbx.placed.length, 0);
  t.match(rig.engine.floor.holds.get('disk-low'), /nobody can tell/);
  await rig.engine.stop();
});

void t.test('the ballast is given up near the end of the room, and made again where it stops no calls', async (t) => {
  const disk = diskWith(500);
  const { clock, rig } = await floorOn(disk);
  for (const [freeMb, moves] of [
    [16, []],
    [15, ['released']],
    [14, []],
    [664, []],
    [665, ['made 64']],
    [665, []],
  ] as const) {
    disk.freeMb = freeMb;
    disk.moves.length = 0;
    await clock.advance(1_000);
    t.strictSame(disk.moves, moves, `${freeMb} MB`);
  }
  await rig.engine.stop();
});

void t.test('a ledger broken near its end places no calls at the next start, until it is found whole', async (t) => {
  const path = join(t.testdir({}), 'broken.db');
  const first = await floorOn(null, path);
  await first.clock.advance(60_000);
  const placed = first.pbx.placed.length;
  t.ok(placed > 3);
  await first.rig.engine.stop();
  first.store.close();
  const raw = new Database(path);
  const body = raw.prepare('SELECT body FROM verdicts WHERE id = 2').pluck().get();
  const spoil = (text: unknown): unknown => raw.prepare('UPDATE verdicts SET body = ? WHERE id = 2').run(text);
  const cases: readonly [what: string, breaks: () => void, says: RegExp][] = [
    [
      'a changed row',
      () => spoil(String(body).replace('ALLOW', 'DENY')),
      /row 2 of the ledger is not as it was written/,
    ],
    ['a head nobody signed', () => raw.exec("UPDATE ledger_head SET mac = x'00'"), /head .* not signed/],
  ];
  for (const [what, breaks, says] of cases) {
    breaks();
    const clock = createVirtualClock(first.clock.now());
    const { pbx } = first;
    const next = buildRig({ clock, pbx, path });
    await next.engine.start();
    await clock.advance(10_000);
    t.match(next.engine.floor.holds.get('ledger-broken'), says, what);
    t.equal(pbx.placed.length, placed, 'nobody is called');
    t.strictSame(next.fatal, []);
    await next.engine.stop();
    next.store.close();
    spoil(body);
  }
  raw.close();
});
