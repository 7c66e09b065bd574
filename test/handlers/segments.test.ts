import t from 'tap';
import type { CampaignSpec } from '../../lib/campaign-file.ts';
import { resumeFiling } from '../../lib/dialer/segments.ts';
import { NOON } from '../helpers/rig.ts';
import { desk, number } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';

const TWO: CampaignSpec['segments'] = [
  { name: 'долг', where: { debt: { min: 1000 } }, share: 3 },
  { name: 'город', where: { region: 'Москва' }, share: 1 },
];

type Desk = Awaited<ReturnType<typeof desk>>;

async function bring(it: Desk, rows: readonly Record<string, string>[], list = 'base.csv'): Promise<void> {
  const { import: id } = await it.ask('import.begin', { kind: 'lead', list, campaign: 'test' });
  await it.ask('import.rows', {
    import: id,
    rows: rows.map(({ phone = '', region = '', ...vars }, i) => ({ row: i + 2, values: { phone, region }, vars })),
  });
  await it.ask('import.end', { import: id });
}

/** The campaign's file as text, with the given keys changed. */
const file = (it: Desk, changes: object) => ({
  text: JSON.stringify({ ...it.rig.campaign.spec, ...changes }),
  file: 'test.yaml',
});

void t.test('imported leads stand in the first segment whose filter they meet', async (t) => {
  const it = await desk();
  await it.ask('campaign.apply', file(it, { segments: TWO }));
  await bring(it, [
    { phone: number('0001'), region: 'Москва', debt: '1500' },
    { phone: number('0002'), region: 'Москва', debt: '10' },
    { phone: number('0003'), region: 'Тверь', debt: '' },
  ]);
  t.match(await it.ask('segment.list', { name: 'test' }), {
    filing: false,
    segments: [
      { name: 'долг', share: 3, pausedAt: null, leads: 1, open: 1, states: { callable: 1 } },
      { name: 'город', leads: 1 },
    ],
    none: { leads: 1 },
    leftOut: { leads: 0 },
  });
});

void t.test('changed filters move the leads of the base, and nobody is called before that is done', async (t) => {
  const it = await desk();
  await bring(
    it,
    Array.from({ length: 700 }, (_, i) => ({ phone: number(String(1000 + i)), debt: String(i) })),
  );
  const applied = await it.ask('campaign.apply', file(it, { segments: TWO, where: { debt: { min: 100 } } }));
  t.same(applied.warnings, []);
  t.equal(it.rig.campaign.filing, true);
  await it.clock.until(() => !it.rig.campaign.filing, 60_000);
  t.equal(it.rig.store.segments.filedTo(it.rig.campaign.id), null);
  t.match(await it.ask('segment.list', { name: 'test' }), { none: { leads: 600 }, leftOut: { leads: 100 } });
  const plan = await it.ask('campaign.plan', { name: 'test' });
  t.match(plan, { leads: 700, notCalled: 100 });
  t.same(plan.segments, [
    { name: 'долг', leads: 0, called: true },
    { name: 'город', leads: 0, called: true },
    { name: null, leads: 600, called: true },
  ]);
});

void t.test('filing that a crash cut short goes on at the next start', async (t) => {
  const it = await desk();
  await bring(it, [
    { phone: number('0001'), debt: '5000' },
    { phone: number('0002'), debt: '5000' },
  ]);
  const { store, campaign } = it.rig;
  await it.ask('campaign.apply', file(it, { segments: TWO }));
  await it.clock.until(() => !campaign.filing, 60_000);
  // As a crash between two slices leaves it: the first lead is filed, the second is not.
  const [, second] = ['0001', '0002'].map((tail) => store.leads.byPhone(number(tail))[0]);
  store.segments.file(second?.id ?? 0, 0);
  store.segments.setFiledTo(campaign.id, Number(number('0001').slice(1)));
  resumeFiling(it.rig.engine.floor);
  t.equal(campaign.filing, true);
  await it.clock.until(() => !campaign.filing, 60_000);
  t.equal(store.leads.byId(second?.id ?? 0)?.segment, 1);
});

void t.test('a paused segment is not called, and not forgotten', async (t) => {
  const it = await desk();
  await it.ask('campaign.apply', file(it, { segments: TWO }));
  await bring(it, [
    { phone: number('0001'), debt: '5000' },
    { phone: number('0002'), debt: '1' },
  ]);
  const { store, campaign } = it.rig;
  const ready = () => store.leads.ready(campaign.id, NOON, 9, campaign.queue).map(({ phone }) => phone % 10);
  t.same(ready(), [1, 2]);
  t.match(await it.ask('segment.pause', { name: 'test', segment: 'долг' }), {
    changed: true,
    pausedAt: it.clock.now(),
  });
  t.match(await it.ask('segment.pause', { name: 'test', segment: 'долг' }), { changed: false });
  t.same(ready(), [2]);
  t.match(await it.ask('campaign.plan', { name: 'test' }), { notCalled: 1 });
  t.match(await it.ask('campaign.show', { name: 'test' }), {
    segments: [{ name: 'долг', pausedAt: it.clock.now() }, {}],
  });
  await it.ask('campaign.apply', file(it, { segments: TWO, title: 'новое' }));
  t.same(ready(), [2], 'a changed file leaves the pause');
  t.match(await it.ask('segment.resume', { name: 'test', segment: 'долг' }), { changed: true, pausedAt: null });
  t.same(ready(), [1, 2]);
  t.match(await rejection(it.ask('segment.pause', { name: 'test', segment: 'долги' })), {
    code: 'NOT_FOUND',
    hint: 'did you mean “долг”?',
  });
});

void t.test('a filter on a column that no lead has is told when the file is applied, and by the plan', async (t) => {
  const it = await desk();
  await bring(it, [{ phone: number('0001'), debt: '5000' }]);
  const changed = file(it, { segments: [{ name: 'долг', where: { dept: { min: 1 } }, share: 1 }] });
  t.same((await it.ask('campaign.apply', changed)).warnings, [
    'segment долг: none of 1 leads looked at has a column “dept”; did you mean the column “debt”?',
  ]);
  t.match(await it.ask('campaign.plan', { name: 'test' }), { warnings: [/no lead has a column “dept”/] });
});
