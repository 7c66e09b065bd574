import { join } from 'node:path';
import { setImmediate as breath } from 'node:timers/promises';
import t from 'tap';
import { USUAL_PREFIXES } from '../../lib/core/guard/prefixes.ts';
import type { GateCampaign } from '../../lib/store/facts.ts';
import { createStore } from '../../lib/store/store.ts';
import { ruDefault } from '../helpers/policy.ts';
import { addLead, CALLER, ENTITY, NOON, phoneOf, specWith } from '../helpers/rig.ts';

const LEADS = 600;
const GONE = { code: 'WAIT_TIMED_OUT' };

const path = join(t.testdir({}), 'base.db');
const store = createStore(path);
t.teardown(() => store.close());
store.campaigns.insert('test', JSON.stringify(specWith()), NOON);
const id = store.campaigns.byName('test')?.id ?? 0;
store.commit(() => {
  for (let i = 0; i < LEADS; i += 1) {
    addLead(store, id, phoneOf(`+7916000${1_000 + i}`), NOON, { consent: i % 3 > 0, priority: i % 2 });
  }
});
const campaign: GateCampaign = {
  id,
  state: 'running',
  purpose: 'informational',
  mode: 'progressive',
  entity: ENTITY,
  personalData: 'contract',
  caller: phoneOf(CALLER),
  maxAttemptsPerDay: null,
  maxAttemptsPerWeek: null,
  maxAttemptsPerLead: 9,
  maxAttemptsPerNumber: null,
  minIntervalMs: null,
  hours: null,
  dial: USUAL_PREFIXES,
  ceilings: [],
};
const inquiry = {
  campaign,
  policy: ruDefault,
  now: NOON,
  until: NOON + 1,
  whom: { kind: 'start', releases: true, bars: {} },
  columns: true,
} as const;

void t.test('a base is asked about in threads: the event loop goes on, and the answers are those of one', async (t) => {
  let turns = 0;
  let over = false;
  const asked = store.inquire(inquiry, new AbortController().signal).finally(() => (over = true));
  while (!over) {
    await breath();
    turns += 1;
  }
  const apart = await asked;
  t.ok(turns > 10, `${turns} turns of the event loop meanwhile`);
  t.equal(apart.summary.leads, LEADS);
  store.close();
  const alone = createStore(path, { threads: false });
  t.teardown(() => alone.close());
  const here = await alone.inquire(inquiry, new AbortController().signal);
  t.same({ ...here.summary, groups: [] }, { ...apart.summary, groups: [] });
  const all = Array.from({ length: LEADS + 1 }, (_, i) => i + 1);
  t.same(all.map(apart.codeOf), all.map(here.codeOf));
});

void t.test('a caller who has gone is not worked for', async (t) => {
  const other = createStore(join(t.testdir({}), 'base.db'));
  t.teardown(() => other.close());
  await t.rejects(other.inquire(inquiry, AbortSignal.abort()), GONE);
  const caller = new AbortController();
  const asked = other.inquire(inquiry, caller.signal);
  caller.abort();
  await t.rejects(asked, GONE);
});
