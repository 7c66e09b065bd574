import t from 'tap';
import { beginFiling, loadSegments } from '../../lib/dialer/segments.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSlices, SLICE_MS } from '../../lib/slices.ts';
import { addLead, buildRig, NOON, phoneOf, specWith } from '../helpers/rig.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';

/** A clock that goes on when it is told to, and slices on it whose work and commit cost so much. */
function costing({ lookMs, commitMs, commitShare }: { lookMs: number; commitMs: number; commitShare: number }) {
  let at = 0;
  const slices = createSlices({ monotonic: () => at });
  return (): number => {
    const from = at;
    slices(
      (work) => {
        const result = work();
        at += commitMs + (at - from) * commitShare;
        return result;
      },
      (hasTime) => {
        do at += lookMs;
        while (hasTime());
      },
    );
    return at - from;
  };
}

void t.test('a slice is as long as it may be with its commit, whatever the commit costs', async (t) => {
  for (const [name, cost] of [
    ['nothing', { commitMs: 0, commitShare: 0 }],
    ['an fsync', { commitMs: 2, commitShare: 0 }],
    ['as much as the work', { commitMs: 0, commitShare: 1 }],
    ['an fsync and a page a lead', { commitMs: 1, commitShare: 0.8 }],
  ] as const) {
    const slice = costing({ lookMs: 0.05, ...cost });
    const lengths = Array.from({ length: 40 }, slice);
    const settled = lengths.slice(10);
    t.ok(Math.max(...settled) <= SLICE_MS * 1.1, `${name}: ${Math.max(...settled).toFixed(2)} ms the longest`);
    t.ok(Math.min(...settled) >= SLICE_MS * 0.8, `${name}: ${Math.min(...settled).toFixed(2)} ms the shortest`);
    t.ok((lengths[0] as number) <= SLICE_MS * 1.2, `${name}: the first is no longer, ${lengths[0]?.toFixed(2)} ms`);
  }
});

void t.test('a disk that takes longer for a commit than a slice may is still given work to commit', async (t) => {
  const slice = costing({ lookMs: 0.25, commitMs: 20, commitShare: 0 });
  const lengths = Array.from({ length: 20 }, slice);
  t.equal(lengths.at(-1), 21, 'a millisecond of work');
});

void t.test('filing ends a slice after the lead at which its time is over', async (t) => {
  const virtual = createVirtualClock(NOON);
  let worked = 0;
  // Each look at the clock costs a millisecond.
  const clock = { ...virtual, monotonic: () => virtual.monotonic() + (worked += 1) };
  const pbx = createSimulatedPbx({ clock, random: seededRandom(1), callees: () => ({ kind: 'silence' }) });
  const spec = specWith({ segments: [{ name: 'all', where: { priority: { min: 0 } }, share: 1 }] });
  const rig = buildRig({ clock, pbx, spec });
  const { engine, store } = rig;
  await engine.start();
  t.teardown(() => engine.stop());
  const { campaign } = rig;
  for (let i = 0; i < 60; i += 1) addLead(store, campaign.id, phoneOf(`+7916000${1_000 + i}`), NOON);
  store.segments.sync(campaign.id, ['all']);
  loadSegments(engine.floor, campaign);
  const filed: number[] = [];
  const { file } = store.segments;
  let slice = 0;
  Object.assign(store.segments, {
    file: (lead: number, segment: number) => {
      filed[slice] = (filed[slice] ?? 0) + 1;
      file(lead, segment);
    },
    setFiledTo: ((set) => (id: number, phone: number | null) => {
      slice += 1;
      set(id, phone);
    })(store.segments.setFiledTo),
  });
  engine.floor.act(() => beginFiling(engine.floor, campaign));
  await virtual.until(() => !campaign.filing, 60_000);
  t.equal(
    filed.reduce((sum, n) => sum + (n ?? 0), 0),
    60,
    'all of them in the end',
  );
  t.ok(Math.max(...filed.filter(Boolean)) <= SLICE_MS, `${filed.join()} leads a slice, a millisecond each`);
});
