import t from 'tap';
import { plainQueue } from '../../lib/store/lead-queue.ts';
import type { ImportRow } from '../../lib/control/commands/imports.ts';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
import { consentRow, importRows } from '../helpers/daemon.ts';
import { desk, number } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, ENTITY, login, NOON } from '../helpers/rig.ts';

void t.test('a lead base imported twice changes nothing the second time', async (t) => {
  const { ask, rig, clock } = await desk();
  const rows = [
    { phone: '8 (916) 000-00-01', name: 'Анна', zone: 'Asia/Omsk', priority: '5' },
    { phone: '+79160000002', name: '', zone: '' },
    { phone: '9160000001', name: 'the first once more, in other letters' },
  ];
  const first = await importRows(ask, 'lead', rows, { list: 'may.csv' });
  t.match(first, { counts: { accepted: 2, duplicate: 1, rejected: 0 }, rejected: [] });
  const stored = rig.store.leads.ready(rig.campaign.id, NOON, 100, plainQueue());
  t.match(stored, [
    { name: 'Анна', zone: 'Asia/Omsk', priority: 5, list: 'may.csv', list_row: 2, state: 'callable' },
    { name: null, zone: null, priority: 0, list_row: 3 },
  ]);
  await clock.advance(60_000);
  const again = await importRows(ask, 'lead', rows, { list: 'june.csv' });
  t.match(again.counts, { accepted: 0, duplicate: 3, rejected: 0 });
  t.strictSame(rig.store.leads.ready(rig.campaign.id, NOON, 100, plainQueue()), stored, 'not even a name or a date');
});

void t.test('each wrong row is reported by its row and reason and put aside; the others go in', async (t) => {
  const { ask, rig } = await desk();
  const bad: readonly (readonly [Record<string, string>, code: string, reason: RegExp])[] = [
    [{ phone: '' }, 'NUMBER_MALFORMED', /./],
    [{}, 'NUMBER_MALFORMED', /./],
    [{ phone: 'нет телефона' }, 'NUMBER_MALFORMED', /no part of a number/],
    [{ phone: '7,91612E+10' }, 'NUMBER_MALFORMED', /spreadsheet/],
    [{ phone: '112' }, 'NUMBER_EMERGENCY', /./],
    [{ phone: '8 495 123-45-67 доб. 12' }, 'NUMBER_HAS_EXTENSION', /extension/],
    [{ phone: '8 916 000-00-01/02' }, 'NUMBER_AMBIGUOUS', /more than one/],
    [{ phone: '+79160000003', zone: 'Moscow' }, 'ZONE_UNKNOWN', /“Moscow” is not an IANA time zone/],
    [{ phone: '+79160000003', zone: 'Europe/Moskva' }, 'ZONE_UNKNOWN', /Europe\/Moskva/],
    [{ phone: '+79160000003', priority: 'high' }, 'PRIORITY_INVALID', /“high” is not a whole number/],
    [{ phone: '+79160000003', priority: '1.5' }, 'PRIORITY_INVALID', /1\.5/],
  ];
  const good = [{ phone: '+79160000004' }, { phone: '+79160000005' }, { phone: '+79160000004' }];
  const rows = [...bad.map(([row]) => row), ...good];
  const { counts, rejected } = await importRows(ask, 'lead', rows);
  t.match(counts, { accepted: 2, duplicate: 1, rejected: bad.length });
  t.equal(counts.accepted + counts.duplicate + counts.rejected, rows.length, 'no row is lost');
  t.equal(rejected.length, bad.length);
  for (const [i, [row, code, reason]] of bad.entries()) {
    t.match(rejected[i], { row: i + 2, code, reason }, JSON.stringify(row));
  }
  t.equal(rig.store.leads.ready(rig.campaign.id, NOON, 100, plainQueue()).length, 2);
});

void t.test('wrong consents are told apart by what is wrong with them', async (t) => {
  const { ask, rig } = await desk();
  const phone = number('0001');
  const row = consentRow(phone);
  const bad: readonly (readonly [Record<string, string>, code: string, reason: RegExp])[] = [
    [{ phone: '123' }, 'NUMBER_', /./],
    [{ kinds: '' }, 'KINDS_INVALID', /some of AD, CALL, PD/],
    [{ kinds: 'CALL FAX' }, 'KINDS_INVALID', /“FAX” is not some of AD, CALL/],
    [{ purposes: 'informational fun' }, 'PURPOSES_INVALID', /“fun” is not some of advertising/],
    [{ entities: '' }, 'ENTITIES_INVALID', /ИНН/],
    [{ entities: '77012345' }, 'ENTITIES_INVALID', /10 or 12 digits/],
    [{ given_at: '' }, 'GIVEN_AT_INVALID', /missing: it must be a date/],
    [{ given_at: '2026-02-30' }, 'GIVEN_AT_INVALID', /2026-02-30/],
    [{ given_at: '05/31/2026' }, 'GIVEN_AT_INVALID', /such as 2026-05-31/],
    [{ expires_at: 'never' }, 'EXPIRES_AT_INVALID', /“never”/],
  ];
  const { counts, rejected } = await importRows(
    ask,
    'consent',
    bad.map(([change]) => ({ ...row, ...change })),
  );
  t.strictSame(counts, { accepted: 0, duplicate: 0, rejected: bad.length });
  for (const [i, [change, code, reason]] of bad.entries()) {
    t.match(rejected[i], { row: i + 2, code: new RegExp(`^${code}`), reason }, JSON.stringify(change));
  }
  t.strictSame(rig.store.consents.of(phone), []);
});

void t.test('dates are read as people write them; one without a zone is Moscow’s', async (t) => {
  const { ask } = await desk();
  const dates = [
    ['2026-05-31', '2026-05-30T21:00:00Z'],
    ['31.05.2026', '2026-05-30T21:00:00Z'],
    ['2026-05-31 12:30', '2026-05-31T09:30:00Z'],
    ['2026-05-31T12:30:15Z', '2026-05-31T12:30:15Z'],
    ['2026-05-31T12:30:15+05:00', '2026-05-31T07:30:15Z'],
  ] as const;
  for (const [i, [written, utc]] of dates.entries()) {
    const phone = number(`010${i}`);
    await importRows(ask, 'consent', [{ ...consentRow(phone), given_at: written }]);
    const { consents } = await ask('consent.show', { phone });
    t.equal(consents[0]?.givenAt, Date.parse(utc), written);
  }
});

void t.test('a consent imported twice is one consent, and it frees the leads that waited for one', async (t) => {
  const { ask, rig, clock, pbx } = await desk();
  const { store, campaign } = rig;
  addLead(store, campaign.id, number('0001'), NOON, { consent: false });
  addLead(store, campaign.id, number('0002'), NOON, { consent: false });
  store.optOuts.insert(number('0002'), NOON, { ...GLOBAL_OPT_OUT, source: 'letter' });
  // Night there: the campaign has somebody to wait for.
  addLead(store, campaign.id, number('0003'), NOON, { zone: 'Asia/Kamchatka' });
  login(rig);
  await ask('campaign.start', { name: 'test' });
  const stateOf = (tail: string) => {
    const [lead] = store.leads.byPhone(number(tail));
    return `${lead?.state} ${lead?.reason}`;
  };
  await clock.until(() => stateOf('0001') === 'blocked CONSENT_MISSING', 10_000);
  t.equal(stateOf('0002'), 'blocked OPT_OUT_GLOBAL');
  const rows = [consentRow(number('0001')), consentRow(number('0002')), consentRow(number('0001'))];
  t.strictSame((await importRows(ask, 'consent', rows)).counts, { accepted: 2, duplicate: 1, rejected: 0 });
  await clock.until(() => pbx.placed.length === 1, 10_000);
  t.equal(pbx.placed[0]?.phone, number('0001'), 'dialed as soon as the consent is there');
  t.equal(stateOf('0002'), 'blocked OPT_OUT_GLOBAL', 'a consent does not outweigh an opt-out');
  const [lead] = store.leads.byPhone(number('0001'));
  t.strictSame(
    store.journal.of('lead', String(lead?.id)).map(({ event, data }) => [event, data]),
    [
      ['denied', '{"code":"CONSENT_MISSING"}'],
      ['released', '{"code":"CONSENT_MISSING"}'],
      ['dialed', '{}'],
    ],
  );
  t.strictSame((await importRows(ask, 'consent', rows)).counts, { accepted: 0, duplicate: 3, rejected: 0 });
  t.equal((await ask('consent.show', { phone: number('0001') })).consents.length, 1);
});

void t.test(
  'an opt-out import ends ringing calls, lets talks end, and closes the leads in every campaign',
  async (t) => {
    const { ask, rig, clock, pbx } = await desk({
      '0001': { kind: 'answer', ringMs: 300, talkMs: 5_000 },
      '0002': { kind: 'ring' },
    });
    const { store, campaign } = rig;
    const other = store.campaigns.insert('other', store.campaigns.byName('test')?.spec ?? '', NOON);
    for (const tail of ['0001', '0002', '0003']) addLead(store, campaign.id, number(tail), NOON);
    addLead(store, other, number('0002'), NOON);
    login(rig);
    await ask('campaign.start', { name: 'test' });
    await clock.until(() => [...campaign.attempts].map(({ state }) => state).join() === 'talking,ringing', 10_000);
    const rows = [
      { phone: number('0001'), note: 'a letter' },
      { phone: number('0002') },
      { phone: '8 916 000-00-02' },
      { phone: 'nobody' },
    ];
    t.match(await importRows(ask, 'optout', rows, { list: 'letters.csv' }), {
      counts: { accepted: 2, duplicate: 1, rejected: 1 },
      rejected: [{ row: 5, code: 'NUMBER_MALFORMED' }],
    });
    t.match(await ask('optout.show', { phone: number('0001') }), {
      optOut: { source: 'import letters.csv', note: 'a letter', attempt: null },
    });
    const live = (tail: string) => [...campaign.attempts].some((run) => run.phone === number(tail));
    await clock.until(() => !live('0002'), 1_000);
    t.equal(live('0001'), true);
    await clock.until(() => !live('0001'), 10_000);
    t.strictSame(
      [...store.leads.byPhone(number('0001')), ...store.leads.byPhone(number('0002'))].map(({ state }) => state),
      ['opted-out', 'opted-out', 'opted-out'],
    );
    t.strictSame(
      [
        store.attempts.ofPhone(number('0001'), 1)[0]?.disposition,
        store.attempts.ofPhone(number('0002'), 1)[0]?.disposition,
      ],
      ['talked', 'cancelled'],
      'who had been talked to was talked to; who only rang was not reached',
    );
    t.equal(pbx.placed.filter(({ phone }) => phone !== number('0003')).length, 2, 'nobody of them is called again');
  },
);

void t.test('an import is known by its id from begin to end, and by nothing else', async (t) => {
  const { ask, clock, rig } = await desk();
  const rows: ImportRow[] = [{ row: 2, values: { phone: number('0001') }, vars: { city: 'Омск' } }];
  t.match(await rejection(ask('import.begin', { kind: 'lead', list: 'x', campaign: 'nope' })), { code: 'NOT_FOUND' });
  t.match(await rejection(ask('import.rows', { import: 'made-up', rows })), {
    code: 'NOT_FOUND',
    hint: /begin it again/,
  });

  const { import: id } = await ask('import.begin', { kind: 'lead', list: 'x', campaign: 'test' });
  t.strictSame(await ask('import.rows', { import: id, rows }), { accepted: 1, duplicate: 0, rejected: [] });
  t.strictSame(
    await ask('import.rows', { import: id, rows }),
    { accepted: 0, duplicate: 1, rejected: [] },
    'per batch',
  );
  t.match(await ask('import.end', { import: id }), { accepted: 1, duplicate: 1, rejected: 0 }, 'in all');
  t.match(await rejection(ask('import.end', { import: id })), { code: 'NOT_FOUND' });
  t.match(rig.store.journal.of('import', id), [{ event: 'ended' }]);
  t.match(rig.store.leads.byPhone(number('0001')), [{ vars: '{"city":"Омск"}' }]);

  const { import: idle } = await ask('import.begin', { kind: 'optout', list: 'x' });
  await clock.advance(3_700_000);
  await ask('import.begin', { kind: 'optout', list: 'y' });
  t.match(await rejection(ask('import.end', { import: idle })), { code: 'NOT_FOUND' }, 'forgotten after an idle hour');
});

void t.test('leads imported into a running campaign are dialed without a further word', async (t) => {
  const { ask, rig, clock, pbx } = await desk();
  // Night there: the lead waits, and the campaign with it.
  addLead(rig.store, rig.campaign.id, number('0002'), NOON, { zone: 'Asia/Kamchatka' });
  login(rig);
  await ask('campaign.start', { name: 'test' });
  await clock.advance(5_000);
  t.equal(pbx.placed.length, 0);
  await importRows(ask, 'consent', [consentRow(number('0001'))]);
  await importRows(ask, 'lead', [{ phone: number('0001'), zone: 'Europe/Moscow' }]);
  await clock.until(() => pbx.placed.length === 1, 5_000);
  t.equal(pbx.placed[0]?.phone, number('0001'));
});

void t.test('an imported opt-out of one entity or purpose closes what it reaches, and no more', async (t) => {
  const { ask, rig } = await desk();
  const { store, campaign } = rig;
  for (const tail of ['0001', '0002', '0003']) addLead(store, campaign.id, number(tail), NOON);
  const rows = [
    { phone: number('0001'), scope: 'entity', entity: ENTITY },
    { phone: number('0002'), scope: 'entity', entity: '7700000000' },
    { phone: number('0003'), scope: 'purpose', purpose: 'informational' },
    { phone: number('0003'), scope: 'purpose', purpose: 'informational' },
    { phone: number('0003'), scope: 'purpose' },
  ];
  t.match(await importRows(ask, 'optout', rows), {
    counts: { accepted: 3, duplicate: 1, rejected: 1 },
    rejected: [{ code: 'PURPOSE_INVALID' }],
  });
  t.strictSame(
    ['0001', '0002', '0003'].map((tail) => store.leads.byPhone(number(tail))[0]?.reason),
    ['OPT_OUT_ENTITY', null, 'OPT_OUT_PURPOSE'],
  );
});

void t.test('an import cut short is told how far it came, and which rejects may not be written yet', async (t) => {
  const { ask, rig } = await desk();
  const row = (n: number, phone: string): ImportRow => ({ row: n, values: { phone }, vars: {} });
  const begin = { kind: 'lead', list: 'x', campaign: 'test', fingerprint: 'a'.repeat(64) } as const;
  const { import: id, done } = await ask('import.begin', begin);
  t.equal(done, 0);
  const fault = { code: 'ROW_TOO_WIDE', reason: '9 cells' };
  await ask('import.rows', { import: id, from: 0, rejectsBytes: 0, rows: [row(2, number('0001')), row(3, 'none')] });
  await ask('import.rows', { import: id, from: 2, rejectsBytes: 99, rows: [{ ...row(4, ''), fault }] });
  const again = await ask('import.begin', begin);
  t.match(again, {
    import: id,
    done: 3,
    counts: { accepted: 1, duplicate: 0, rejected: 2 },
    rejectsBytes: 99,
    unwritten: [{ row: 4, ...fault }],
  });
  t.match(await rejection(ask('import.rows', { import: id, from: 2, rows: [row(4, number('0004'))] })), {
    code: 'MOVE_REFUSED',
    message: /another command/,
  });
  await ask('import.rows', { import: id, from: 3, rejectsBytes: 150, rows: [row(5, number('0001'))] });
  t.match(await ask('import.end', { import: id }), { accepted: 1, duplicate: 1, rejected: 2 });
  t.match(rig.store.imports.byId(id), { done: 4, accepted: 1, duplicate: 1, rejected: 2, unwritten: '[]' });
  t.not((await ask('import.begin', begin)).import, id, 'an ended one is begun anew');
  const fresh = await ask('import.begin', { ...begin, again: true });
  t.equal(fresh.done, 0, 'and one that must begin again begins at its first row');
});

void t.test('a lead has the numbers of its row in order, and what is no number costs only itself', async (t) => {
  const { ask, rig } = await desk();
  const { leads } = rig.store;
  const came = await importRows(ask, 'lead', [
    { phone: '89160000001, 8 916 000-00-02; 00 00 000', phone2: '+79160000003\n89160000001' },
    { phone: '1234', phone2: '89160000004' },
    { phone: 'нет', phone2: '34' },
    { phone: '8 916 000-00-05 доб. 7', phone2: '' },
    { phone2: '89160000006 или 89160000007', phone3: '8 916 000 00 08, доб 12' },
  ]);
  const numbers = (tail: string) =>
    leads.numbersOf(leads.byPhone(number(tail))[0]?.id ?? 0).map(({ place, phone }) => `${place}:${phone % 10}`);
  t.same(numbers('0003'), ['1:1', '2:2', '3:3']);
  t.same(numbers('0004'), ['1:4']);
  t.same(numbers('0006'), ['1:6', '2:7']);
  t.match(came.counts, {
    accepted: 3,
    duplicate: 0,
    rejected: 2,
    brought: { extended: 0, notTaken: 3, elsewhere: {} },
  });
  t.match(came.rejected, [
    { row: 2, code: 'NUMBER_', reason: /^phone, number 3 of the cell: /, partly: true },
    { row: 3, code: 'NUMBER_SHORT', reason: /^phone: /, partly: true },
    { row: 4, code: 'NUMBER_MALFORMED', reason: /^phone: / },
    { row: 5, code: 'NUMBER_HAS_EXTENSION' },
    { row: 6, code: 'NUMBER_HAS_EXTENSION', reason: /^phone3/, partly: true },
  ]);
  t.equal(
    leads.byPhone(number('0004'))[0]?.phone,
    Number(number('0004').slice(1)),
    'the first that is one is called first',
  );
});

void t.test('a row with any number of a known lead is that lead, and adds its new numbers at its end', async (t) => {
  const { ask, rig } = await desk();
  const { leads } = rig.store;
  await importRows(ask, 'lead', [{ phone: number('0001'), phone2: number('0002') }]);
  const { counts } = await importRows(ask, 'lead', [
    { phone: number('0003'), phone2: number('0002'), name: 'another' },
    { phone: number('0003') },
    { phone: number('0004'), phone2: number('0005') },
    { phone: number('0005'), phone2: number('0001'), phone3: number('0006') },
  ]);
  t.match(counts, { accepted: 1, duplicate: 3, rejected: 0, brought: { extended: 2, notTaken: 0 } });
  const [first, second] = ['0001', '0004'].map((tail) => leads.byPhone(number(tail))[0]);
  t.same(
    leads.numbersOf(first?.id ?? 0).map(({ phone }) => phone % 10),
    [1, 2, 3],
  );
  t.same(
    leads.numbersOf(second?.id ?? 0).map(({ phone }) => phone % 10),
    [4, 5, 6],
    'the lead of its first known number',
  );
  t.equal(first?.name, null);
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`phone${i + 2}`, number(`002${i}`)]));
  const over = await importRows(ask, 'lead', [{ phone: number('0001'), ...many }]);
  t.equal(leads.numbersOf(first?.id ?? 0).length, 10);
  t.match(over, { counts: { duplicate: 1, brought: { extended: 1, notTaken: 2 } } });
  t.match(over.rejected, [{ row: 2, code: 'NUMBERS_TOO_MANY', partly: true }], 'no number is lost silently');
});

void t.test('who is in another campaign is a duplicate when asked so, and is counted there', async (t) => {
  const { ask, rig } = await desk();
  await ask('campaign.apply', { text: JSON.stringify({ ...rig.campaign.spec, name: 'other' }), file: 'other.yaml' });
  await importRows(ask, 'lead', [{ phone: number('0001'), phone2: number('0002') }, { phone: number('0003') }]);
  const begun = await ask('import.begin', { kind: 'lead', list: 'o', campaign: 'other', unlessIn: ['test'] });
  const row = (n: number, values: Record<string, string>) => ({ row: n, values, vars: {} });
  const rows = [row(2, { phone: number('0009'), phone2: number('0002') }), row(3, { phone: number('0004') })];
  t.match(await ask('import.rows', { import: begun.import, rows }), { accepted: 1, duplicate: 1 });
  const ended = await ask('import.end', { import: begun.import });
  t.match(ended, { accepted: 1, duplicate: 1, brought: { elsewhere: { test: 1 } } });
  t.match(await rejection(ask('import.begin', { kind: 'lead', list: 'o', campaign: 'other', unlessIn: ['none'] })), {
    code: 'NOT_FOUND',
  });
  t.match(await ask('lead.duplicates', { campaign: 'other', named: 5 }), { numbers: 1, leads: 0, campaigns: [] });
  const both = await ask('import.begin', { kind: 'lead', list: 'p', campaign: 'other' });
  await ask('import.rows', { import: both.import, rows });
  t.match(await ask('lead.duplicates', { campaign: 'other', named: 5 }), {
    numbers: 3,
    leads: 1,
    campaigns: [{ name: 'test', numbers: 1, leads: 1, first: [number('0002')] }],
  });
});
