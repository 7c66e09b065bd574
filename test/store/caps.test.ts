import t from 'tap';
import { withAgentReserved } from '../../lib/dialer/callbacks.ts';
import { askBase } from '../../lib/store/base/ask.ts';
import { WHOLE } from '../../lib/store/base/columns.ts';
import type { GateCampaign } from '../../lib/store/facts.ts';
import type { LeadPatch } from '../../lib/store/leads.ts';
import { KEYED } from '../helpers/keyed.ts';
import { addLead, NOON, phoneOf } from '../helpers/rig.ts';
import { createRooms, request, runningCampaign, type Rooms } from '../helpers/rooms.ts';

const HOUR_MS = 3_600_000;

/** A campaign of one lead with these numbers, each charged so often in this pass; the lead stopped by the gate. */
function blocked(charged: readonly number[], patch: LeadPatch = {}) {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  const [phone, ...others] = charged.map((_, i) => phoneOf(`+791600000${i + 1}0`));
  addLead(rooms, campaign, phone!, NOON, { others });
  for (const [i, times] of charged.entries()) {
    for (let n = 0; n < times; n += 1)
      rooms.leads.setState(1, 'blocked', { charged: { place: i + 1 }, disposition: 'no-answer', ...patch }, NOON);
  }
  return { rooms, campaign, phone: phone! };
}

const capped = (campaign: number, perLead: number, perNumber: number | null = null) => {
  const asked = request(campaign, { now: NOON + 24 * HOUR_MS });
  return {
    ...asked,
    campaign: { ...asked.campaign, maxAttemptsPerLead: perLead, maxAttemptsPerNumber: perNumber },
  };
};

/** What a plan says of the one lead: why it is not called. */
function planned({ db }: Rooms, { policy, now }: ReturnType<typeof request>, campaign: GateCampaign) {
  const whom = { kind: 'start', releases: false, bars: {} } as const;
  const { code, codes } = askBase(db, KEYED, { campaign, policy, now, whom }, WHOLE);
  return codes[code[0] as number];
}

/** Everything that puts a lead back without a look at how often it was called. */
const RELEASES: Readonly<Record<string, (it: ReturnType<typeof blocked>) => void>> = {
  'a start': ({ rooms, campaign }) => void rooms.leads.releaseRefused(campaign, NOON),
  'a pass that asks again': ({ rooms }) => void rooms.redials.askAgain(1, 7, NOON),
  'a consent mended': ({ rooms, phone }) => void rooms.leads.releaseFor(phone, ['CONSENT_WITHDRAWN'], NOON),
  'a register mended': ({ rooms }) => void rooms.leads.releaseSome(['CONSENT_WITHDRAWN'], 10, NOON),
};

for (const [name, release] of Object.entries(RELEASES)) {
  void t.test(`a lead at its cap that ${name} frees is spent, not called and not judged`, async (t) => {
    const it = blocked([2], { reason: 'CONSENT_WITHDRAWN' });
    const { rooms, campaign } = it;
    release(it);
    t.equal(rooms.leads.byId(1)?.state, 'callable');
    const asked = capped(campaign, 2);
    const queue = asked.queue;
    const dry = { ...asked.campaign, state: 'running' as const };
    t.match(rooms.gate.census(dry, queue, asked.policy, asked.now, 10), {
      looked: 1,
      allowed: 0,
      spent: 1,
      byCode: {},
    });
    t.equal(planned(rooms, asked, dry), 'final');
    t.match(rooms.gate.ask(asked), { allowed: [], refused: [], stop: null, baseExhausted: true });
    t.match(rooms.leads.byId(1), { state: 'spent', reason: null, attempts: 2 });
    t.match(rooms.journal.last('lead', '1', 'exhausted'), { from: 'callable', to: 'spent' });
    t.strictSame(rooms.verdicts.byPhone(79160000010, 10), []);
  });
}

void t.test('who waits is held against the caps too, when his time comes', async (t) => {
  const { rooms, campaign } = blocked([2]);
  rooms.leads.setState(1, 'waiting', { nextAt: NOON + HOUR_MS }, NOON);
  rooms.gate.ask(capped(campaign, 2));
  t.equal(rooms.leads.byId(1)?.state, 'spent');
});

void t.test('spent leads take nobody’s place among the calls wanted', async (t) => {
  const { rooms, campaign } = blocked([2]);
  rooms.leads.releaseRefused(campaign, NOON);
  addLead(rooms, campaign, phoneOf('+79160000090'), NOON);
  const { allowed } = rooms.gate.ask({ ...capped(campaign, 2), want: 1 });
  t.strictSame(
    allowed.map(({ lead }) => lead.id),
    [2],
  );
});

void t.test('a number at its cap gives way to the lead’s next open one, and stays open for a later pass', async (t) => {
  const { rooms, campaign } = blocked([2, 1]);
  rooms.leads.releaseRefused(campaign, NOON);
  const asked = capped(campaign, 9, 2);
  const { allowed } = rooms.gate.ask(asked);
  t.match(allowed, [{ lead: { id: 1, place: 2, phone: 79160000020 } }]);
  t.equal(allowed[0]?.permitted.redeem({ now: () => asked.now, monotonic: () => asked.monotonic }).phone, '+79160000020');
  t.match(rooms.leads.byId(1), { state: 'dialing', place: 2, phone: 79160000020 });
  t.strictSame(
    rooms.leads.numbersOf(1).map(({ closed }) => closed),
    [null, null],
  );
});

void t.test('a lead all of whose numbers are at their cap, or closed, is spent', async (t) => {
  const { rooms, campaign } = blocked([2, 1]);
  rooms.leads.setState(1, 'blocked', { closes: { place: 2, why: 'unallocated' } }, NOON);
  rooms.leads.releaseRefused(campaign, NOON);
  t.match(rooms.gate.ask(capped(campaign, 9, 2)), { allowed: [], refused: [] });
  t.equal(rooms.leads.byId(1)?.state, 'spent');
});

void t.test('a promise is kept past the caps', async (t) => {
  const { rooms, campaign } = blocked([3]);
  promise(rooms, campaign);
  const asked = capped(campaign, 2);
  const [callback] = rooms.callbacks.due(campaign, asked.now, 10);
  const dry = { ...asked.campaign, state: 'running' as const };
  t.equal(planned(rooms, asked, dry), '', 'a plan says so too');
  const { allowed } = rooms.gate.ask({
    ...asked,
    campaign: withAgentReserved({ ...asked.campaign, state: 'running' }),
    want: 1,
    promised: { callback: callback!, lead: rooms.leads.byId(1)!, lapse: { event: 'exhausted' } },
  });
  t.equal(allowed.length, 1);
});

function promise(rooms: Rooms, campaign: number): void {
  rooms.leads.setState(1, 'promised', {}, NOON);
  const terms = { kind: 'promised', named: false, agent: null, fallback: 'retry', source: 'test', note: null } as const;
  const window = { dueAt: NOON + HOUR_MS, until: NOON + 48 * HOUR_MS };
  rooms.callbacks.insert({ campaign, lead: 1, place: 1, ...terms, ...window }, NOON);
}
