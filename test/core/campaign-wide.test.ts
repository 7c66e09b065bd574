import t from 'tap';
import { campaignStop, haltingFinding } from '../../lib/core/campaign-wide.ts';
import type { GateFacts, RegistrationFact } from '../../lib/core/facts.ts';
import { CODE_LIST } from '../../lib/core/verdict.ts';
import { BOUNDARIES, rangeOf, verdictOf, type Side } from './boundaries.ts';
import { DAY, given, NOON, registration, SECOND } from './given.ts';
import { REACHES } from './reaches.ts';

await t.test('whom each code stops is told, and no other is', async (t) => {
  for (const code of CODE_LIST) {
    const fired = BOUNDARIES[code].map(([fires]) => verdictOf(fires).findings.find((found) => found.code === code));
    const allowed = REACHES[code] ?? ['lead'];
    for (const found of fired) t.ok(found !== undefined && allowed.includes(found.reach), code);
  }
});

await t.test(
  'what is the campaign’s own halts it, or lets it rest for a minute at most; the rest is the lead’s',
  async (t) => {
    const stop = (side: Side) => campaignStop(verdictOf(side), NOON);
    t.equal(stop({}), null);
    t.equal(stop({ facts: given({ rest: { consents: [] } }) }), null, 'a lead without consent');
    t.match(stop({ facts: given({ campaign: { state: 'paused' } }) }), { kind: 'halt', code: 'CAMPAIGN_NOT_ACTIVE' });
    t.match(stop({ store: 'disk is full' }), { kind: 'rest', until: NOON + 10 * SECOND, detail: 'disk is full' });
    const soon = { ...registration, validFrom: NOON + DAY };
    t.match(stop({ facts: given({ rest: { registrations: [soon] } }) }), {
      kind: 'rest',
      code: 'MAV_CALLER_NOT_YET_VALID',
      until: NOON + 60 * SECOND,
    });
    const crowded = { mode: 'predictive', abandonment: { answered: 100, abandoned: 4 } } as const;
    t.match(stop({ facts: given({ campaign: crowded }) }), { kind: 'covered-only', until: NOON + 60 * SECOND });
    const optOuts = [{ scope: 'global', entity: null, purpose: null, at: 0 } as const];
    t.equal(stop({ facts: given({ campaign: crowded, rest: { optOuts } }) }), null, 'a lead barred besides is barred');
  },
);

await t.test(
  'a clock that is years behind the ledger rests the campaign a minute at a time, not for years',
  async (t) => {
    const skewed = verdictOf({
      facts: given({ rest: { clock: { lastRecordedAt: NOON + 4_000 * DAY, jumpedAt: null } } }),
    });
    t.match(campaignStop(skewed, NOON), { kind: 'rest', code: 'GATE_CLOCK_SKEW', until: NOON + 60 * SECOND });
  },
);

await t.test('an operator that blocks a line stops the leads it serves, not the campaign', async (t) => {
  const lineBlock = { since: NOON - DAY, blocked: 31, calls: 100 };
  const ask = (range: GateFacts['range']) => verdictOf({ facts: given({ rest: { lineBlock, range } }) });
  t.equal(ask(rangeOf('МТС')).primary, 'MAV_CALLER_SUSPENDED');
  t.equal(campaignStop(ask(rangeOf('МТС')), NOON), null);
  t.match(
    campaignStop(ask(null), NOON),
    { kind: 'halt', code: 'MAV_CALLER_SUSPENDED' },
    'operator unknown: all of them',
  );
});

await t.test('a registration that ended with one operator leaves those of others in use', async (t) => {
  const [mts, beeline] = [
    { ...registration, id: 1, operator: 'МТС' },
    { ...registration, id: 2, operator: 'Билайн', validTo: NOON },
  ];
  const ask = (operator: string, ...registrations: RegistrationFact[]) =>
    verdictOf({ facts: given({ rest: { registrations, range: rangeOf(operator) } }) });
  t.equal(ask('МТС', mts, beeline).verdict, 'ALLOW');
  t.equal(ask('Билайн', mts, beeline).primary, 'MAV_CALLER_EXPIRED');
  t.equal(campaignStop(ask('Билайн', mts, beeline), NOON), null);
  t.match(campaignStop(ask('Билайн', beeline), NOON), { kind: 'halt' }, 'the only one');
});

await t.test('before a start only what would halt it is asked, behind whatever stops the lead', async (t) => {
  const optOuts = [{ scope: 'global', entity: null, purpose: null, at: 0 } as const];
  const ask = (rest: Parameters<typeof given>[0]['rest']) =>
    haltingFinding(verdictOf({ facts: given({ rest: { ...rest, optOuts } }) }));
  t.match(ask({ registrations: [] }), { code: 'MAV_CALLER_UNREGISTERED' });
  t.equal(ask({ registrations: [{ ...registration, validFrom: NOON + 1 }] }), null, 'what time mends halts nothing');
});
