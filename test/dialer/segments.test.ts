import t from 'tap';
import type { CampaignSpec } from '../../lib/campaign-file.ts';
import { loadSegments } from '../../lib/dialer/segments.ts';
import { desk, number, type Desk } from '../helpers/desk.ts';
import { addLead, login, NOON, startCampaign } from '../helpers/rig.ts';

const SILENT: CampaignSpec['segments'] = [{ name: 'не отвечает', where: { disposition: 'no-answer' }, share: 1 }];
const OTHERS: CampaignSpec['segments'] = [{ name: 'вторая', where: { list: 'second' }, share: 1 }];

/** A campaign with these segments, two leads of segment 1 and two of none. */
async function campaignWith(spec: Partial<CampaignSpec>, filed: boolean): Promise<Desk> {
  const it = await desk({ '0001': { kind: 'ring' } }, { spec });
  const { store, campaign, engine } = it.rig;
  store.segments.sync(
    campaign.id,
    campaign.spec.segments.map(({ name }) => name),
  );
  loadSegments(engine.floor, campaign);
  for (const tail of ['0001', '0002', '0003', '0004']) addLead(store, campaign.id, number(tail), NOON);
  if (filed) for (const id of [1, 2]) store.segments.file(id, 1);
  return it;
}

async function start(it: Desk): Promise<void> {
  login(it.rig);
  await it.clock.until(it.rig.crewReady, 60_000);
  startCampaign(it.rig);
}

void t.test('an outcome moves its lead into the segment of that outcome, in the same transaction', async (t) => {
  const it = await campaignWith({ segments: SILENT }, false);
  const { store } = it.rig;
  await start(it);
  await it.clock.until(() => store.leads.byId(1)?.last_disposition === 'no-answer', 120_000);
  t.equal(store.leads.byId(1)?.segment, 1);
  await it.clock.until(() => store.leads.byId(2)?.state === 'done', 120_000);
  t.equal(store.leads.byId(2)?.segment, 0);
});

void t.test('a campaign that ends with its base waits for a paused segment, and calls it when resumed', async (t) => {
  const it = await campaignWith({ segments: OTHERS }, true);
  const { store, campaign } = it.rig;
  await it.ask('segment.pause', { name: 'test', segment: 'вторая' });
  await start(it);
  await it.clock.until(() => [3, 4].every((id) => store.leads.byId(id)?.state === 'done'), 300_000);
  await it.clock.advance(600_000);
  t.equal(campaign.state, 'running');
  t.same(
    [1, 2].map((id) => store.leads.byId(id)?.state),
    ['callable', 'callable'],
  );
  await it.ask('segment.resume', { name: 'test', segment: 'вторая' });
  await it.clock.until(() => store.leads.byId(2)?.state === 'done', 300_000);
});

void t.test('one that ends with its pass does not wait for it; nobody waits for a share of 0', async (t) => {
  for (const [spec, paused] of [
    [{ segments: OTHERS, ends: 'pass' }, true],
    [{ segments: OTHERS.map((one) => ({ ...one, share: 0 })) }, false],
  ] as const) {
    const it = await campaignWith(spec, true);
    if (paused) await it.ask('segment.pause', { name: 'test', segment: 'вторая' });
    await start(it);
    await it.clock.until(() => it.rig.campaign.state === 'stopped', 600_000);
    t.same(
      [1, 2].map((id) => it.rig.store.leads.byId(id)?.state),
      ['callable', 'callable'],
    );
  }
});

void t.test('while leads are put into changed segments nobody new is called', async (t) => {
  const it = await campaignWith({}, false);
  const { store, campaign } = it.rig;
  campaign.filing = true;
  await start(it);
  await it.clock.advance(60_000);
  t.equal(campaign.attempts.size, 0);
  t.same(store.leads.counts(campaign.id), [{ state: 'callable', reason: null, n: 4 }]);
  campaign.filing = false;
  await it.clock.until(() => store.leads.byId(4)?.state === 'done', 120_000);
});
