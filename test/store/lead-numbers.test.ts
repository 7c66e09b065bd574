import t from 'tap';
import { codesMendedBy } from '../../lib/core/mended-by.ts';
import { phoneToInteger } from '../../lib/core/phone.ts';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
import { createRooms, request, runningCampaign, type Rooms } from '../helpers/rooms.ts';
import { ENTITY, NOON, phoneOf } from '../helpers/rig.ts';

const phone = (n: number) => phoneOf(`+7916000000${n}`);

/** A lead with two numbers; consents stand for those named. */
function twoNumbers(rooms: Rooms, campaign: number, consented: readonly number[]): number {
  rooms.leads.insert(
    {
      campaign,
      phone: phone(1),
      others: [phone(2)],
      person: null,
      name: 'Ivan',
      zone: 'Europe/Moscow',
      region: null,
      priority: 0,
      vars: {},
      list: 'test',
      listRow: 1,
    },
    NOON,
  );
  for (const n of consented) consent(rooms, n);
  return rooms.leads.byPhone(phone(1))[0]?.id ?? 0;
}

function consent(rooms: Rooms, n: number): void {
  rooms.consents.insert(
    {
      phone: phone(n),
      kinds: ['CALL', 'PD'],
      purposes: [],
      entities: [ENTITY],
      givenAt: NOON - 86_400_000,
      expiresAt: null,
      verifiedBy: 'sms',
      evidence: 'test',
      source: 'test',
    },
    NOON,
  );
}

function stage(consented: readonly number[]) {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  const id = twoNumbers(rooms, campaign, consented);
  return { rooms, campaign, id, numbers: () => rooms.leads.numbersOf(id).map(({ closed }) => closed) };
}

void t.test(
  'a number refused for a reason of its own is left for the lead’s next one, in the same asking',
  async (t) => {
    const { rooms, campaign, id, numbers } = stage([2]);
    const answer = rooms.gate.ask(request(campaign));
    t.match(answer.allowed, [{ lead: { place: 2 }, permitted: { permit: { phone: phone(2) } } }]);
    t.strictSame(numbers(), ['CONSENT_MISSING', null]);
    t.match(rooms.leads.byId(id), { place: 2, phone: phoneToInteger(phone(2)), state: 'dialing' });
    t.match(
      rooms.verdicts.byPhone(phoneToInteger(phone(1)), 5),
      [{ code: 'CONSENT_MISSING' }],
      'both verdicts are kept',
    );
  },
);

void t.test('the lead is blocked when all its numbers are, and comes back when one of them is mended', async (t) => {
  for (const mended of [1, 2]) {
    const { rooms, campaign, id, numbers } = stage([]);
    t.match(rooms.gate.ask(request(campaign)).refused, [{ verdict: { primary: 'CONSENT_MISSING' } }]);
    t.match(rooms.leads.byId(id), { state: 'blocked', reason: 'CONSENT_MISSING', place: 2 });
    t.strictSame(numbers(), ['CONSENT_MISSING', null]);
    consent(rooms, mended);
    t.equal(rooms.leads.releaseFor(phone(mended), codesMendedBy('consent'), NOON + 1), 1);
    const again = rooms.gate.ask(request(campaign, { now: NOON + 2 }));
    t.match(again.allowed, [{ lead: { place: mended } }], `number ${mended} has its consent now`);
  }
});

void t.test(
  'what mends every call opens closed numbers too: a register’s change, and the campaign’s start',
  async (t) => {
    for (const release of ['some', 'start'] as const) {
      const { rooms, campaign, id, numbers } = stage([2]);
      rooms.gate.ask(request(campaign));
      rooms.leads.setState(id, 'waiting', { nextAt: NOON + 9 }, NOON + 1);
      if (release === 'some') t.equal(rooms.leads.releaseSome(['CONSENT_MISSING'], 100, NOON + 2), 1);
      else rooms.leads.releaseRefused(campaign, NOON + 2);
      t.strictSame(numbers(), [null, null], release);
      t.match(rooms.leads.byId(id), { state: 'waiting' }, 'the lead goes on waiting');
    }
  },
);

void t.test('a number closed by its outcome stays closed, whatever is mended', async (t) => {
  const { rooms, campaign, id, numbers } = stage([1, 2]);
  rooms.gate.ask(request(campaign));
  rooms.leads.setState(id, 'waiting', { nextAt: NOON, place: 2, closes: { place: 1, why: 'unallocated' } }, NOON);
  t.match(rooms.leads.byId(id), { place: 2, phone: phoneToInteger(phone(2)) });
  rooms.leads.releaseRefused(campaign, NOON);
  rooms.leads.releaseSome(['CONSENT_MISSING', 'unallocated'.toUpperCase()], 9, NOON);
  t.strictSame(numbers(), ['unallocated', null]);
});

void t.test(
  'an opt-out, a demand to stop or an erasure said on one number stands against all of the lead',
  async (t) => {
    const said: Readonly<Record<string, (rooms: Rooms) => void>> = {
      OPT_OUT_GLOBAL: ({ optOuts }) => void optOuts.insert(phone(2), NOON - 1, { ...GLOBAL_OPT_OUT, source: 'test' }),
      PD_ERASED: ({ db }) =>
        void db
          .prepare(
            `INSERT INTO demands (phone, kind, received_at, due_at, state, source, created_at) VALUES (?, 'stop', 1, 2, 'open', 't', 1)`,
          )
          .run(phoneToInteger(phone(2))),
    };
    for (const [code, say] of Object.entries(said)) {
      const { rooms, campaign, id, numbers } = stage([1, 2]);
      say(rooms);
      t.match(rooms.gate.ask(request(campaign)).refused, [{ lead: { place: 1 }, verdict: { primary: code } }]);
      t.match(rooms.leads.byId(id), { state: 'blocked', reason: code });
      t.strictSame(numbers(), [null, null], 'no number is tried in its place');
    }
  },
);

void t.test('whoever is erased by one number is called on none of that lead, and its numbers leave it', async (t) => {
  for (const n of [1, 2]) {
    const { rooms, id } = stage([1, 2]);
    rooms.erasures.erase(phoneToInteger(phone(n)), { at: NOON, by: 't', reason: 't', callsHungUp: 0, files: [] });
    t.match(rooms.leads.byId(id), { name: null, reason: 'OPT_OUT_ERASED' });
    t.ok((rooms.leads.byId(id)?.phone ?? 1) < 0);
    const left = rooms.leads.numbersOf(id);
    t.ok(left.every((number) => number.phone < 0 && number.closed === 'OPT_OUT_ERASED'));
    t.equal(new Set(left.map((number) => number.phone)).size, 2);
    t.strictSame(rooms.leads.byPhone(phone(3 - n)), [], 'the other number may come back only by a new import');
  }
});

void t.test('a set of opt-outs closes leads by whichever of their numbers', async (t) => {
  const { rooms, id } = stage([]);
  const [one, two] = [phoneToInteger(phone(1)), phoneToInteger(phone(2))];
  t.match(rooms.numberSets.leadsOf([two]), [{ id }]);
  t.match(rooms.numberSets.leadsOf([one, two]), [{ id }, { id }]);
  t.match(rooms.numberSets.leadsOf([one + 5, one + 7]), []);
});
