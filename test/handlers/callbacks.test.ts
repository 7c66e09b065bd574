import t from 'tap';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
import { desk, number } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, ENTITY, login, NOON } from '../helpers/rig.ts';

const PHONE = number('0001');
const MIN = 60_000;
const base = { campaign: 'test', phone: PHONE, source: 'site' };

/** A desk whose lead is in Vladivostok, where it is 19:00 when it is noon in Moscow. */
async function vladivostok() {
  const built = await desk({}, { agents: 1 });
  addLead(built.rig.store, built.rig.campaign.id, PHONE, NOON, { zone: 'Asia/Vladivostok' });
  return built;
}

void t.test('"call me" is dialed within five minutes of the request when an agent is free', async (t) => {
  const { ask, rig, clock, pbx } = await vladivostok();
  login(rig);
  await clock.advance(1_000);
  await ask('campaign.start', { name: 'test' });
  await clock.until(() => rig.campaign.attempts.size === 0 && pbx.placed.length === 1, MIN);
  await clock.advance(20 * MIN);
  const asked = clock.now();
  const { callback, newLead } = await ask('callback.add', { ...base, evidence: 'form 7' });
  t.match(callback, { phone: PHONE, kind: 'requested', state: 'waiting', agent: null, dueAt: asked });
  t.notOk(newLead);
  await ask('campaign.start', { name: 'test' });
  await clock.until(() => pbx.placed.length === 2, 5 * MIN);
  t.ok((rig.store.attempts.recent(null, null, 1)[0]?.planned_at ?? 0) - asked <= 5 * MIN);
  t.match(rig.store.consents.of(PHONE).slice(1), [
    { kinds: ['REQ'], source: 'site', evidence: 'form 7', entities: [ENTITY] },
  ]);
});

void t.test('a time is by the callee’s clock; with an offset it is by that', async (t) => {
  const { ask } = await vladivostok();
  const { callback } = await ask('callback.add', { ...base, at: '2026-11-26T14:05', agent: 'a1' });
  t.match(callback, {
    kind: 'promised',
    agent: 'a1',
    dueAt: Date.parse('2026-11-26T14:05+10:00'),
    until: Date.parse('2026-11-26T15:05+10:00'),
    local: '2026-11-26 14:05 Asia/Vladivostok',
  });
  const moved = await ask('callback.move', { id: callback.id, at: '2026-11-26T09:00+03:00', windowMin: 30 });
  t.match(moved, { id: callback.id, local: '2026-11-26 16:00 Asia/Vladivostok', agent: 'a1' });
  t.equal(moved.until - moved.dueAt, 30 * MIN);
});

void t.test(
  'a time outside the law is refused, and the nearest lawful one is named by the callee’s clock',
  async (t) => {
    const { ask, rig } = await vladivostok();
    const refusal = (at: string) => rejection(ask('callback.add', { ...base, at }));
    t.match(await refusal('2026-11-26T07:00'), {
      code: 'REFUSED_BY_GATE',
      message: /HOURS_CLOSED/,
      hint: /2026-11-26 09:00 Asia\/Vladivostok/,
    });
    t.match(await refusal('2026-11-26T22:00'), { hint: /2026-11-26 20:57 Asia\/Vladivostok/ }, 'earlier is nearer');
    t.match(await refusal('2026-11-28T09:00'), { hint: /2026-11-28 10:00/ }, 'a Saturday');
    t.match(await refusal('2026-11-25T08:00'), { code: 'USAGE', message: /it is 2026-11-25 19:00/ }, 'past');
    t.match(await refusal('2026-02-30T10:00'), { code: 'USAGE', message: /no time/ });
    t.match(await refusal('2029-11-26T14:00'), { message: /GATE_POLICY_EXPIRED/ }, 'nobody knows the law of that year');
    t.strictSame((await ask('callback.list', { campaign: 'test', all: true, limit: 10 })).callbacks, []);
    t.strictSame(
      rig.store.consents.of(PHONE).filter(({ kinds }) => kinds.includes('REQ')),
      [],
      'a refusal leaves no trace',
    );
  },
);

void t.test('a window that outlasts the calling hours is refused when it was asked for, else cut short', async (t) => {
  const { ask } = await vladivostok();
  const late = { ...base, at: '2026-11-26T20:30' };
  t.match(await rejection(ask('callback.add', { ...late, windowMin: 60 })), { message: /window .* 28 min at most/ });
  const { callback } = await ask('callback.add', late);
  t.equal(callback.until, Date.parse('2026-11-26T20:58+10:00'));
});

void t.test('unknown agent, campaign, zone, number and callback: each refused with what mends it', async (t) => {
  const { ask } = await vladivostok();
  t.match(await rejection(ask('callback.add', { ...base, agent: 'a11' })), {
    code: 'NOT_FOUND',
    hint: /did you mean a1/,
  });
  t.match(await rejection(ask('callback.add', { ...base, campaign: 'other' })), { code: 'NOT_FOUND' });
  t.match(await rejection(ask('callback.add', { ...base, zone: 'Asia/Nowhere' })), { code: 'USAGE' });
  t.match(await rejection(ask('callback.add', { ...base, phone: '112' })), { code: 'USAGE' });
  t.match(await rejection(ask('callback.cancel', { id: 77 })), { code: 'NOT_FOUND' });
  t.match(await rejection(ask('callback.move', { id: 77, at: '2026-11-26T14:05' })), { code: 'NOT_FOUND' });
});

void t.test('who is no lead becomes one; where nobody knows his zone, he is asked for it', async (t) => {
  const { ask, rig } = await desk({}, { agents: 1 });
  const stranger = { ...base, phone: number('0007'), evidence: 'form 8' };
  rig.store.consents.insert(
    {
      phone: number('0007'),
      kinds: ['CALL'],
      purposes: [],
      entities: [ENTITY],
      givenAt: NOON,
      source: 'x',
      evidence: 'y',
      verifiedBy: 'sms',
    },
    NOON,
  );
  t.match(await rejection(ask('callback.add', { ...stranger, at: '2026-11-26T14:05' })), {
    code: 'USAGE',
    message: /by which clock/,
    hint: /--zone/,
  });
  const { callback, newLead } = await ask('callback.add', {
    ...stranger,
    at: '2026-11-26T14:05',
    zone: 'Asia/Vladivostok',
  });
  t.ok(newLead);
  t.equal(callback.local, '2026-11-26 14:05 Asia/Vladivostok');
  t.match(rig.store.leads.find(rig.campaign.id, number('0007')), {
    list: 'callback',
    zone: 'Asia/Vladivostok',
    state: 'promised',
  });
});

void t.test('who opted out is refused at once, and who gave no consent', async (t) => {
  const { ask, rig } = await vladivostok();
  rig.store.optOuts.insert(PHONE, NOON, { ...GLOBAL_OPT_OUT, source: 'cli' });
  t.match(await rejection(ask('callback.add', { ...base, at: '2026-11-26T14:05' })), { message: /OPT_OUT_GLOBAL/ });
  const stranger = { ...base, phone: number('0008'), zone: 'Europe/Moscow' };
  t.match(await rejection(ask('callback.add', stranger)), { code: 'REFUSED_BY_GATE', message: /CONSENT_MISSING/ });
});

void t.test('a callback is listed, shown in status, and cancelled once', async (t) => {
  const { ask, clock } = await vladivostok();
  const { callback } = await ask('callback.add', { ...base, note: 'after lunch' });
  t.match((await ask('callback.list', { campaign: 'test', all: false, limit: 10 })).callbacks, [
    { id: callback.id, note: 'after lunch', fallback: 'anyone' },
  ]);
  await clock.advance(MIN);
  t.match((await ask('status', {})).campaigns, [{ callbacks: { open: 1, due: 1 }, leads: { promised: 1 } }]);
  t.equal((await ask('callback.cancel', { id: callback.id })).state, 'cancelled');
  t.match(await rejection(ask('callback.cancel', { id: callback.id })), { code: 'MOVE_REFUSED' });
  t.match(await rejection(ask('callback.move', { id: callback.id, at: '2026-11-26T14:05' })), { code: 'MOVE_REFUSED' });
  t.match((await ask('status', {})).campaigns, [{ callbacks: { open: 0, due: 0, nextAt: null } }]);
});
