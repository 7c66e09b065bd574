import t from 'tap';
import { DIAL_MODES, PURPOSES } from '../../lib/core/campaign.ts';
import type { ConsentFact, GateFacts, RegistrationFact } from '../../lib/core/facts.ts';
import { CHECKS, decide, explain, explainUnavailable } from '../../lib/core/gate.ts';
import type { Policy } from '../../lib/core/policy.ts';
import { CODE_LIST, CODES, primaryOf, type Code } from '../../lib/core/verdict.ts';
import { BOUNDARIES, codesOf, rangeOf, verdictOf } from './boundaries.ts';
import {
  consent,
  DAY,
  ENTITY,
  facts,
  given,
  HOUR,
  moscow,
  NOON,
  OTHER_ENTITY,
  policy,
  registration,
  SECOND,
} from './given.ts';

const advertising = { purpose: 'advertising', mode: 'preview', personalData: 'consent' } as const;
const collection = { purpose: 'collection' } as const;

await t.test('the lawful call passes every check', async (t) => {
  const verdict = decide(facts, policy, NOON);
  t.same(verdict, {
    verdict: 'ALLOW',
    primary: null,
    findings: [],
    notBefore: null,
    evidence: {
      consentId: consent.id,
      consentIds: [consent.id],
      registrationId: registration.id,
      label: registration.label,
      zone: { zones: ['Europe/Moscow'], source: 'lead-zone' },
      personalData: 'contract',
      dnc: [],
      opinion: null,
      policy: { id: 'ru-default', version: policy.version, hash: policy.hash },
    },
  });
});

await t.test('each code fires, and does not fire next to its boundary', async (t) => {
  for (const code of CODE_LIST) {
    const pairs = BOUNDARIES[code];
    t.not(pairs.length, 0, `${code} has a boundary`);
    for (const [index, [fires, passes]] of pairs.entries()) {
      t.ok(codesOf(fires).includes(code), `${code} ${index + 1} fires`);
      t.notOk(codesOf(passes).includes(code), `${code} ${index + 1} does not fire next to it`);
    }
  }
});

await t.test('every code of the vocabulary belongs to one check, in the order of the vocabulary', async (t) => {
  t.same(
    CHECKS.flatMap((check) => check.codes).sort((a, b) => CODE_LIST.indexOf(a) - CODE_LIST.indexOf(b)),
    CODE_LIST,
  );
  const groups = CHECKS.flatMap((check) => check.codes.map((code) => CODES[code].group));
  t.same([...new Set(groups)], [...new Set(CODE_LIST.map((code) => CODES[code].group))]);
});

await t.test(
  'findings come in the order of the vocabulary, and the hardest first of them names the verdict',
  async (t) => {
    const HARD = ['DENY', 'HOLD', 'DEFER'] as const;
    for (const side of Object.values(BOUNDARIES).flat(2)) {
      const { verdict, primary, findings } = verdictOf(side);
      const places = findings.map(({ code }) => CODE_LIST.indexOf(code));
      t.same(
        [...places].sort((a, b) => a - b),
        places,
      );
      const hardest = HARD.find((severity) => findings.some((found) => found.severity === severity));
      t.equal(verdict, hardest ?? 'ALLOW');
      t.equal(primary, findings.find(({ severity }) => severity === hardest)?.code ?? null);
    }
  },
);

await t.test('the vocabulary is closed and ordered', async (t) => {
  t.equal(CODE_LIST.length, 68);
  const groups = CODE_LIST.map((code) => CODES[code].group);
  t.same(
    groups.filter((group, index) => group !== groups[index - 1]),
    ['system', 'number', 'opt_out', 'mode', 'consent', 'mav', 'debt', 'frequency', 'hours'],
  );
  for (const code of CODE_LIST) {
    t.match(CODES[code].title, /^[A-Z].*\.$/, code);
    t.not(CODES[code].law, '', code);
  }
});

await t.test(
  'every finding is reported; the hardest names the verdict, then the order of the vocabulary',
  async (t) => {
    const bad = given({
      campaign: { mode: 'predictive' },
      history: { lastAbandonedAt: NOON },
      rest: {
        inFlight: true,
        refusal: { state: 'suspected', since: 0, allowEntities: [] },
        consents: [],
        optOuts: [{ scope: 'global', entity: null, purpose: null, at: NOON }],
      },
    });
    const all: Code[] = [
      'OPT_OUT_GLOBAL',
      'CONSENT_MISSING',
      'MAV_REFUSAL_SUSPECTED',
      'NUMBER_IN_FLIGHT',
      'DROP_COOLDOWN',
    ];
    t.match(decide(bad, policy, NOON), { verdict: 'DENY', primary: 'OPT_OUT_GLOBAL', notBefore: null });
    t.same(codesOf({ facts: bad }), all);
    const held = { ...bad, consents: [consent], optOuts: [] };
    t.match(decide(held, policy, NOON), { verdict: 'HOLD', primary: 'MAV_REFUSAL_SUSPECTED', notBefore: null });
    const deferred = { ...held, refusal: null };
    t.match(decide(deferred, policy, NOON), {
      verdict: 'DEFER',
      primary: 'NUMBER_IN_FLIGHT',
      notBefore: NOON + 72 * HOUR,
    });
    t.equal(primaryOf([]), null);
  },
);

await t.test('a defer ends when the last obstacle is gone and the hours are open then', async (t) => {
  const evening = moscow('2026-11-24T20:30:00');
  const nextMorning = moscow('2026-11-25T09:00:00');
  const table: readonly (readonly [string, GateFacts, number, number])[] = [
    ['hours alone', facts, moscow('2026-11-24T23:00:00'), nextMorning],
    ['end guard', facts, moscow('2026-11-24T20:59:00'), nextMorning],
    ['interval inside the hours', given({ history: { lastAttemptAt: NOON - SECOND } }), NOON, NOON + 299 * SECOND],
    [
      'interval that ends after the hours',
      given({ history: { lastAttemptAt: evening }, campaign: { minIntervalMs: HOUR } }),
      evening,
      nextMorning,
    ],
    [
      'oldest attempt leaves the 24 h at 14:00',
      given({ history: { attempts24h: 6, oldestAttempt24hAt: moscow('2026-11-23T14:00:00') } }),
      NOON,
      moscow('2026-11-24T14:00:00'),
    ],
    [
      'hours closed now, and a cap that lasts beyond their opening',
      given({ history: { attempts24h: 6, oldestAttempt24hAt: moscow('2026-11-24T12:00:00') } }),
      moscow('2026-11-24T22:00:00'),
      moscow('2026-11-25T12:00:00'),
    ],
    [
      'a week’s talks that leave on a Sunday evening',
      given({ campaign: collection, history: { answered7d: 2, oldestAnswered7dAt: moscow('2026-11-22T21:00:00') } }),
      NOON,
      moscow('2026-11-30T08:00:00'),
    ],
    [
      'registration that begins at night',
      given({ rest: { registrations: [{ ...registration, validFrom: moscow('2026-12-01T00:00:00') }] } }),
      NOON,
      moscow('2026-12-01T09:00:00'),
    ],
    ['zone unknown', given({ lead: { zone: null } }), NOON, moscow('2026-11-25T10:00:00')],
  ];
  for (const [title, asked, now, expected] of table) {
    const verdict = decide(asked, policy, now);
    t.equal(verdict.verdict, 'DEFER', title);
    t.equal(new Date(verdict.notBefore ?? 0).toISOString(), new Date(expected).toISOString(), title);
  }
});

await t.test('the matrix of ru-default, cell by cell', async (t) => {
  const C = 'closed';
  const matrix: Readonly<Record<string, readonly string[]>> = {
    advertising: ['AD', 'AD+CALL', C, C, C],
    transactional: ['', 'CALL', 'CALL', 'CALL', 'CALL'],
    informational: ['', 'CALL', 'CALL', 'CALL', 'CALL'],
    collection: ['', 'CALL', 'CALL', 'CALL', 'CALL'],
    survey: ['', 'CALL', 'CALL', 'CALL', 'CALL'],
    callback: ['REQ', 'REQ', 'REQ', 'REQ+CALL', 'REQ+CALL'],
    emergency_public: [C, C, C, C, C],
  };
  for (const purpose of PURPOSES) {
    for (const [column, mode] of DIAL_MODES.entries()) {
      const cell = matrix[purpose]?.[column] ?? '';
      const kinds = cell === '' || cell === C ? [] : (cell.split('+') as ('AD' | 'CALL' | 'REQ')[]);
      const own = { ...consent, id: 12, kinds: ['PD'] as const };
      const ask = (consents: ConsentFact[]) =>
        decide(
          given({ campaign: { purpose, mode, personalData: 'consent' }, rest: { consents: [...consents, own] } }),
          policy,
          NOON,
        );
      const name = `${purpose} × ${mode}`;
      t.equal(ask([{ ...consent, kinds }]).primary, cell === C ? 'MODE_FORBIDDEN_FOR_PURPOSE' : null, name);
      for (const kind of kinds) {
        const short = ask([{ ...consent, kinds: kinds.filter((other) => other !== kind) }]);
        t.equal(short.primary, 'CONSENT_MISSING', `${name} without ${kind}`);
      }
    }
  }
});

await t.test('consents of several kinds may be on several papers', async (t) => {
  const papers = [
    { ...consent, id: 1, kinds: ['AD'] as const },
    { ...consent, id: 2, kinds: ['CALL', 'PD'] as const },
  ];
  const verdict = decide(given({ campaign: advertising, rest: { consents: papers } }), policy, NOON);
  t.equal(verdict.verdict, 'ALLOW');
  t.same(verdict.evidence.consentIds, [1, 2]);
});

await t.test('the nearest miss tells what is lacking, whole', async (t) => {
  const ask = (...consents: ConsentFact[]) => codesOf({ facts: given({ rest: { consents } }) });
  const foreign = { ...consent, id: 1, entities: [OTHER_ENTITY] };
  const expired = { ...consent, id: 2, expiresAt: NOON };
  const worse = { ...consent, id: 3, expiresAt: NOON, evidence: null };
  t.same(ask(foreign, worse), ['CONSENT_SCOPE_ENTITY'], 'one defect is nearer than two');
  t.same(ask(worse), ['CONSENT_EXPIRED', 'CONSENT_EVIDENCE_MISSING']);
  t.same(ask(foreign, expired), ['CONSENT_EXPIRED'], 'among equals the newest row');
  t.same(ask(foreign, expired, consent), []);
});

await t.test('who withdraws consent withdraws every older row of that kind for that caller', async (t) => {
  const older = { ...consent, id: 1 };
  const withdrawn = { ...consent, id: 2, givenAt: NOON - 5 * DAY, withdrawnAt: NOON - DAY };
  const ask = (...consents: ConsentFact[]) => codesOf({ facts: given({ rest: { consents } }) });
  t.same(ask(older, withdrawn), ['CONSENT_WITHDRAWN']);
  t.same(ask(older, { ...withdrawn, entities: [OTHER_ENTITY] }), [], 'from another organisation');
  t.same(ask(older, { ...withdrawn, purposes: ['survey'] }), [], 'for another purpose');
  t.same(ask(older, { ...withdrawn, kinds: ['AD'] }), [], 'of another kind');
  t.same(ask({ ...older, givenAt: NOON - DAY }, withdrawn), ['CONSENT_WITHDRAWN'], 'given at that very moment');
  t.same(ask({ ...older, givenAt: NOON - DAY + 1 }, withdrawn), [], 'given anew afterwards');
});

await t.test('a line registered twice is called under the registration that fits', async (t) => {
  const ask = (operator: string | null, ...registrations: RegistrationFact[]) =>
    decide(given({ rest: { range: rangeOf(operator), registrations } }), policy, NOON);
  const all = { ...registration, id: 1 };
  const one = { ...registration, id: 2, operator: 'МТС', label: 'Доставка МТС' };
  const suspended = { ...registration, id: 3, status: 'suspended' as const };
  t.match(ask('МТС', all, one, suspended), { verdict: 'ALLOW', evidence: { registrationId: 2, label: one.label } });
  t.match(ask('Билайн', one, all, suspended), { verdict: 'ALLOW', evidence: { registrationId: 1 } });
  const soon = { ...registration, id: 4, validFrom: NOON + HOUR };
  t.match(ask(null, suspended, soon), { primary: 'MAV_CALLER_NOT_YET_VALID', notBefore: NOON + HOUR }, 'the mildest');
});

await t.test('an opinion that opens a cell is copied into the verdict it lets through', async (t) => {
  const opinion = { ref: 'ЗК-7', date: '2026-10-01', signatory: 'И. И. Иванова', sha256: 'a'.repeat(64) };
  const opened: Policy = {
    ...policy,
    overrides: [{ field: 'matrix.advertising.progressive', value: ['AD', 'CALL'], opinion }],
  };
  const ask = (mode: 'progressive' | 'predictive') =>
    decide(given({ campaign: { ...advertising, mode } }), opened, NOON);
  t.match(ask('progressive'), { verdict: 'ALLOW', evidence: { opinion } });
  t.match(ask('predictive'), { primary: 'MODE_FORBIDDEN_FOR_PURPOSE', evidence: { opinion: null } });
});

await t.test('a state body warning the public skips consent, refusal and hours, never an opt-out', async (t) => {
  const state: Policy = { ...policy, stateBodies: { purposes: ['emergency_public'], entities: [ENTITY] } };
  const asked = given({
    campaign: { purpose: 'emergency_public', mode: 'robot' },
    lead: { zone: null },
    rest: { consents: [], refusal: { state: 'confirmed', since: 0, allowEntities: [] } },
  });
  t.equal(decide(asked, state, moscow('2026-11-04T03:00:00')).verdict, 'ALLOW');
  const optedOut = { ...asked, optOuts: [{ scope: 'global', entity: null, purpose: null, at: 0 } as const] };
  t.equal(decide(optedOut, state, NOON).primary, 'OPT_OUT_GLOBAL');
});

await t.test(
  'a country without a register of mass callers asks for no registration, yet for a caller number',
  async (t) => {
    const elsewhere: Policy = { ...policy, mav: null, label: null };
    const bare = given({ rest: { registrations: [], refusal: { state: 'confirmed', since: 0, allowEntities: [] } } });
    t.match(decide(bare, elsewhere, NOON), { verdict: 'ALLOW', evidence: { registrationId: null, label: null } });
    t.equal(decide({ ...bare, caller: null }, elsewhere, NOON).primary, 'CALLER_ID_HIDDEN');
  },
);

await t.test('a store that does not answer is told as the one check there is', async (t) => {
  const told = explainUnavailable(policy, NOON, 'database disk image is malformed');
  t.match(told.checks, [{ ok: false, evidence: /malformed/, law: ['own rule'] }]);
  t.match(told.verdict, { verdict: 'DEFER', primary: 'GATE_STORE_UNAVAILABLE', notBefore: NOON + 10 * SECOND });
});

await t.test('the consent the personal data rest on is named among those of the verdict', async (t) => {
  const papers = [
    { ...consent, id: 1, kinds: ['CALL'] as const },
    { ...consent, id: 2, kinds: ['PD'] as const },
  ];
  const verdict = decide(given({ campaign: { personalData: 'consent' }, rest: { consents: papers } }), policy, NOON);
  t.match(verdict, { verdict: 'ALLOW', evidence: { consentId: 1, consentIds: [1, 2], personalData: 'consent' } });
});

await t.test('explain tells every check, its evidence and law, and decides the same', async (t) => {
  for (const pairs of Object.values(BOUNDARIES)) {
    for (const side of pairs.flat()) {
      if (side.store !== undefined) continue;
      const asked = side.facts ?? facts;
      const told = explain(asked, side.policy ?? policy, side.now ?? NOON);
      t.same(told.verdict, decide(asked, side.policy ?? policy, side.now ?? NOON));
      t.equal(told.checks.length, CHECKS.length);
      const incomplete = told.checks.filter(({ evidence, law }) => evidence === '' || law.length === 0);
      t.same(incomplete, []);
      t.same(
        told.checks.flatMap(({ findings }) => findings),
        told.verdict.findings,
      );
      t.notMatch(JSON.stringify(told), /\d{10}67/, 'no number is told');
    }
  }
});

await t.test('every DEFER finding says when it would be gone, no other does', async (t) => {
  for (const pairs of Object.values(BOUNDARIES)) {
    for (const side of pairs.flat()) {
      const now = side.now ?? NOON;
      for (const { code, severity, notBefore } of verdictOf(side).findings) {
        if (severity === 'DEFER') t.ok(notBefore !== null && notBefore > now, code);
        else t.equal(notBefore, null, code);
      }
    }
  }
});
