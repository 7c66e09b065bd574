import t from 'tap';
import type { RegisterRow, RowRegister } from '../../lib/control/commands/registers.ts';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
import { consentRow, importRows } from '../helpers/daemon.ts';
import { desk, number } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, CALLER, ENTITY, NOON } from '../helpers/rig.ts';

const DAY = 86_400_000;
const phone = number('0001');

/** Rows as `column,column +` for those that count, `-` for those that do not. */
const brief = (rows: readonly RegisterRow[], ...columns: string[]): string[] =>
  rows.map((row) => `${columns.map((column) => String(row[column])).join(' ')} ${row.standing ? '+' : '-'}`);

void t.test('each register: a row added is shown, listed and journalled; said again, it changes nothing', async (t) => {
  const { ask, rig, clock } = await desk();
  const rows: readonly (readonly [RowRegister, Readonly<Record<string, string>>])[] = [
    ['consent', { kinds: 'CALL', entities: ENTITY, given_at: '2026-05-31' }],
    ['refusal', { since: '2026-11-01' }],
    ['debtor', { flag: 'hospital', since: '2026-11-01' }],
    ['demand', { kind: 'access', received_at: '2026-11-01' }],
    ['reassignment', { at: '2026-11-01' }],
  ];
  for (const [register, texts] of rows) {
    const values = { phone: '8 916 000-00-01', source: 'letter', ...texts };
    const { added, rows: now } = await ask('register.add', { register, values });
    t.equal(added, true, register);
    t.match(now, [{ phone, source: 'letter', standing: true }], register);
    await clock.advance(1_000);
    const again = await ask('register.add', { register, values: { ...values, source: 'another letter' } });
    t.strictSame(again, { added: false, rows: now }, `${register}: the first record stands`);
    t.strictSame((await ask('register.show', { register, phone })).rows, now);
    t.strictSame((await ask('register.history', { register, phone })).rows, now);
    const listed = await ask('register.list', { register, after: 0, limit: 10, whole: false });
    t.strictSame(listed, { rows: now, next: null });
    t.match(rig.store.journal.of(register, String(now[0]?.id)), [{ event: 'added', data: '{"source":"letter"}' }]);
  }
});

void t.test('what opens calls is not added but amended, with evidence; both rows stay', async (t) => {
  const { ask, rig } = await desk();
  const cases = [
    ['refusal', {}, { state: 'lifted' }, /obzvon refusal lift/],
    ['debtor', { flag: 'minor' }, { state: 'cleared' }, /obzvon debtor clear/],
    ['demand', { kind: 'stop' }, { state: 'withdrawn' }, /obzvon demand withdraw/],
    ['reassignment', { at: '2026-11-01' }, { state: 'mistaken' }, /obzvon reassignment mistaken/],
  ] as const;
  for (const [register, texts, change, hint] of cases) {
    const values = { phone, ...texts };
    const refused = rejection(ask('register.add', { register, values: { ...values, ...change, evidence: 'x' } }));
    t.match(await refused, { code: 'USAGE', hint }, register);
    await ask('register.add', { register, values });
    if (register !== 'reassignment') {
      const bare = rejection(ask('register.amend', { register, phone, match: {}, change }));
      t.match(await bare, { message: /evidence is missing/ }, `${register}: not without evidence`);
    }
    const amended = await ask('register.amend', { register, phone, match: {}, change: { ...change, evidence: 'x' } });
    t.equal(amended.changed, 1);
    const { rows } = await ask('register.history', { register, phone });
    t.match(rows, [{ standing: false }, { ...change, standing: true }], register);
    const [, after] = rows;
    t.match(rig.store.journal.of(register, String(after?.id)), [{ event: 'amended' }]);
  }
  t.match(await rejection(ask('register.add', { register: 'line', values: { phone: CALLER } })), { code: 'USAGE' });
});

void t.test('an amendment is of the rows named, and of those alone that count', async (t) => {
  const { ask } = await desk();
  for (const flag of ['hospital', 'bankrupt']) {
    for (const entity of [ENTITY, '*']) {
      await ask('register.add', { register: 'debtor', values: { phone, flag, entity } });
    }
  }
  const change = { state: 'cleared', evidence: 'x' };
  const cleared = await ask('register.amend', { register: 'debtor', phone, match: { flag: 'HOSPITAL' }, change });
  t.equal(cleared.changed, 2);
  t.strictSame(brief(cleared.rows, 'flag', 'entity', 'state').sort(), [
    'bankrupt * set +',
    `bankrupt ${ENTITY} set +`,
    'hospital * cleared +',
    `hospital ${ENTITY} cleared +`,
  ]);
  const none = ask('register.amend', { register: 'debtor', phone, match: { flag: 'minor' }, change });
  t.match(await rejection(none), { code: 'NOT_FOUND' });
  const [row] = (await ask('register.history', { register: 'debtor', phone })).rows;
  const past = ask('register.amend', { register: 'debtor', id: row?.id ?? 0, match: {}, change });
  t.match(await rejection(past), { code: 'NOT_FOUND', message: /another took its place/ });
  const moved = ask('register.amend', { register: 'debtor', phone, match: {}, change: { flag: 'minor' } });
  t.match(await rejection(moved), { code: 'USAGE', message: /flag is what the row is known by/ });
});

void t.test(
  'a line is verified, suspended and resumed by new rows; an old file imported again revives nothing',
  async (t) => {
    const { ask, clock } = await desk();
    const listed = await ask('register.list', { register: 'line', after: 0, limit: 10, whole: false });
    const [line] = listed.rows;
    const amend = async (change: Record<string, string>) =>
      (await ask('register.amend', { register: 'line', phone: CALLER, match: { operator: '*' }, change })).rows;
    await clock.advance(1_000);
    t.match(await amend({ verified_at: new Date(clock.now()).toISOString() }), [{ verifiedAt: clock.now() }]);
    t.match(await amend({ status: 'suspended' }), [{ status: 'suspended', verifiedAt: clock.now() }]);
    t.strictSame(
      (await ask('line.list', {})).lines.map(({ status }) => status),
      ['suspended'],
    );
    const old = {
      phone: CALLER,
      entity: ENTITY,
      purposes: 'informational',
      label: 'Test',
      category: 'Услуги связи',
      valid_from: new Date(Number(line?.['validFrom'])).toISOString(),
      verified_at: new Date(Number(line?.['verifiedAt'])).toISOString(),
    };
    t.strictSame((await importRows(ask, 'line', [old])).counts, { accepted: 0, duplicate: 1, rejected: 0 });
    t.match(await amend({ status: 'active' }), [{ status: 'active' }], 'a person resumes it');
    t.strictSame(brief((await ask('register.history', { register: 'line', phone: CALLER })).rows, 'status'), [
      'active -',
      'active -',
      'suspended -',
      'active +',
    ]);
  },
);

void t.test('consents are corrected by rows that replace them, and a withdrawal outlives corrections', async (t) => {
  const { ask, rig } = await desk();
  const row = { ...consentRow(phone), given_at: '2026-05-31' };
  await importRows(ask, 'consent', [row], { list: 'may' });
  await importRows(ask, 'consent', [{ ...row, evidence: 'scan-2.pdf' }], { list: 'june' });
  const history = async () => (await ask('register.history', { register: 'consent', phone })).rows;
  t.equal((await history()).length, 2, 'a second file that knows more is a correction');
  t.match(await history(), [{ standing: false }, { evidence: 'scan-2.pdf', source: 'june', standing: true }]);
  const source = 'sms';
  t.match(await ask('consent.withdraw', { phone, source }), {
    withdrawn: 1,
    rows: [{ withdrawnAt: rig.engine.floor.clock.now() }],
  });
  for (const again of [row, { ...row, evidence: 'scan-2.pdf' }]) {
    t.match((await importRows(ask, 'consent', [again])).counts, { accepted: 0, duplicate: 1 }, 'an old file');
  }
  t.match((await importRows(ask, 'consent', [{ ...row, evidence: 'scan-3.pdf' }])).counts, { accepted: 1 });
  const [standing, ...others] = (await history()).filter(({ standing }) => standing);
  t.strictSame(others, []);
  t.ok(standing?.['withdrawnAt'], 'corrected once more, and withdrawn still');
  t.match(await rejection(ask('consent.withdraw', { phone, source })), { code: 'NOT_FOUND', hint: /--entity/ });
  const id = standing?.id ?? 0;
  const { rows } = await ask('register.amend', {
    register: 'consent',
    id,
    match: {},
    change: { given_at: '2026-05-30' },
  });
  t.match(rows, [{ givenAt: Date.parse('2026-05-29T21:00:00Z'), evidence: 'scan-3.pdf' }], 'its date too, by its id');
});

void t.test('part of a consent withdrawn: the file it came from does not bring it back', async (t) => {
  const { ask } = await desk();
  const row = { ...consentRow(phone), kinds: 'AD CALL PD', given_at: '2026-05-31' };
  await importRows(ask, 'consent', [row]);
  const { rows } = await ask('consent.withdraw', { phone, kinds: ['AD'], source: 'sms' });
  t.strictSame(brief(rows, 'kinds'), ['AD +', 'CALL,PD +']);
  for (const again of [row, { ...row, evidence: 'more.pdf' }]) {
    t.match((await importRows(ask, 'consent', [again])).counts, { accepted: 0, duplicate: 1, rejected: 0 });
  }
  const { rows: alone } = await ask('consent.withdraw', { phone: number('0002'), entities: [ENTITY], source: 'sms' });
  t.match(alone, [{ withdrawnAt: alone[0]?.['givenAt'] }], 'of what was never recorded');
});

void t.test('a row that mends what stopped a lead puts it before the gate again, and no other', async (t) => {
  const { ask, rig } = await desk();
  const { store, campaign } = rig;
  const stopped: readonly (readonly [tail: string, state: 'blocked' | 'held', code: string])[] = [
    ['0001', 'held', 'MAV_REFUSAL_SUSPECTED'],
    ['0002', 'blocked', 'DEBT_PROTECTED_PERSON'],
    ['0003', 'blocked', 'PD_ERASED'],
    ['0004', 'blocked', 'MAV_OPERATOR_NOT_COVERED'],
    ['0005', 'blocked', 'OPT_OUT_GLOBAL'],
  ];
  for (const [tail, state, reason] of stopped) {
    addLead(store, campaign.id, number(tail), NOON);
    const [lead] = store.leads.byPhone(number(tail));
    store.leads.setState(lead?.id ?? 0, state, { reason }, NOON);
  }
  const states = () => stopped.map(([tail]) => store.leads.byPhone(number(tail))[0]?.state).join(' ');
  const lift = async (register: RowRegister, tail: string, values: Record<string, string>, state: string) => {
    await ask('register.add', { register, values: { phone: number(tail), ...values } });
    await ask('register.amend', { register, phone: number(tail), match: {}, change: { state, evidence: 'x' } });
  };
  t.equal(states(), 'held blocked blocked blocked blocked');
  await lift('refusal', '0001', {}, 'lifted');
  t.equal(states(), 'callable blocked blocked blocked blocked');
  await lift('debtor', '0002', { flag: 'minor' }, 'cleared');
  await lift('demand', '0003', { kind: 'stop' }, 'withdrawn');
  t.equal(states(), 'callable callable callable blocked blocked');
  await ask('register.amend', { register: 'line', phone: CALLER, match: {}, change: { status: 'suspended' } });
  t.equal(states(), 'callable callable callable callable blocked', 'a line concerns every lead');
  const [lead] = store.leads.byPhone(number('0004'));
  t.match(store.journal.of('lead', String(lead?.id)), [
    { event: 'released', from: 'blocked', to: 'callable', data: '{"code":"MAV_OPERATOR_NOT_COVERED"}' },
  ]);
});

void t.test('a line mends leads of all campaigns in slices, and dialing is not held up between', async (t) => {
  const { ask, rig, clock } = await desk();
  const { store } = rig;
  const other = store.campaigns.insert('other', store.campaigns.byName('test')?.spec ?? '', NOON);
  store.commit(() => {
    for (let i = 0; i < 2_500; i += 1) {
      const one = number(String(i).padStart(4, '0'));
      addLead(store, i % 2 === 0 ? other : rig.campaign.id, one, NOON, { consent: false });
      const [lead] = store.leads.byPhone(one);
      store.leads.setState(lead?.id ?? 0, 'blocked', { reason: 'MAV_PURPOSE_MISMATCH' }, NOON);
    }
  });
  const blocked = () =>
    [other, rig.campaign.id]
      .flatMap((campaign) => store.leads.counts(campaign))
      .filter(({ state }) => state === 'blocked')
      .reduce((sum, { n }) => sum + n, 0);
  const change = { verified_at: new Date(NOON).toISOString(), note: 'asked' };
  await ask('register.amend', { register: 'line', phone: CALLER, match: {}, change });
  t.ok(blocked() > 0, 'the reply does not wait for all');
  await clock.until(() => blocked() === 0, 10_000);
});

void t.test(
  'a register is paged to its end: nothing twice, nothing left out, long rows in shorter pages',
  async (t) => {
    const { ask } = await desk();
    const note = 'я'.repeat(1_000);
    const all = Array.from({ length: 700 }, (_, i) => ({ phone: number(String(i).padStart(4, '0')), note }));
    await importRows(ask, 'refusal', all);
    const seen: string[] = [];
    let pages = 0;
    for (let after: number | null = 0; after !== null; pages += 1) {
      const page: { rows: readonly RegisterRow[]; next: number | null } = await ask('register.list', {
        register: 'refusal',
        after,
        limit: 600,
        whole: false,
      });
      t.ok(JSON.stringify(page).length < 300_000, `page ${pages} is no huge line`);
      seen.push(...page.rows.map((row) => row.phone));
      after = page.next;
    }
    t.ok(pages > 2);
    t.strictSame(
      seen,
      all.map((row) => row.phone),
    );
  },
);

void t.test('opt-outs are listed by number, lifted ones in the whole history alone', async (t) => {
  const { ask, rig } = await desk();
  const { optOuts } = rig.store;
  const act = { ...GLOBAL_OPT_OUT, source: 'letter' };
  const scoped = { ...act, scope: 'entity', entity: ENTITY } as const;
  optOuts.insert(number('0002'), NOON, act);
  optOuts.insert(number('0001'), NOON, act);
  optOuts.insert(number('0001'), NOON, scoped);
  optOuts.insert(number('0003'), NOON, act);
  optOuts.insert(number('0003'), NOON + 1, { ...act, kind: 'lift', evidence: 'recording' });
  const page = (after: number, whole: boolean) => ask('register.list', { register: 'optout', after, limit: 2, whole });
  const first = await page(0, false);
  t.strictSame(brief(first.rows, 'phone', 'scope'), [
    `${number('0001')} global +`,
    `${number('0001')} entity +`,
    `${number('0002')} global +`,
  ]);
  t.strictSame(await page(first.next ?? 0, false), { rows: [], next: null });
  const past = await page(first.next ?? 0, true);
  t.strictSame(brief(past.rows, 'phone', 'kind'), [`${number('0003')} opt-out -`, `${number('0003')} lift -`]);
  const shown = await ask('register.show', { register: 'optout', phone: number('0003') });
  t.strictSame(shown.rows, []);
});

void t.test('an external list is shown with its age, and its numbers by its registry', async (t) => {
  const { ask } = await desk();
  t.strictSame(await ask('dnc.lists', {}), { lists: [] });
  t.match(
    await rejection(ask('register.list', { register: 'dnc', after: 0, limit: 9, whole: false, registry: 'tps' })),
    {
      code: 'NOT_FOUND',
      hint: /dnc list/,
    },
  );
  t.strictSame(await ask('register.show', { register: 'dnc', phone }), { phone, rows: [] });
});

void t.test('a demand gets its due date; done, it keeps it', async (t) => {
  const { ask } = await desk();
  const { rows } = await ask('register.add', { register: 'demand', values: { phone, kind: 'stop' } });
  t.match(rows, [{ receivedAt: NOON + 1_000, dueAt: Date.parse('2026-12-09T21:00:00Z'), state: 'open' }]);
  const done = await ask('register.amend', {
    register: 'demand',
    phone,
    match: { kind: 'stop' },
    change: { state: 'done' },
  });
  t.match(done.rows, [{ dueAt: rows[0]?.['dueAt'], receivedAt: rows[0]?.['receivedAt'], state: 'done' }]);
});

void t.test('a number that did not pass to another person after all keeps its consents', async (t) => {
  const { ask, rig } = await desk();
  const at = new Date(NOON - DAY).toISOString();
  const { rows } = await ask('register.add', { register: 'reassignment', values: { phone, at } });
  t.match(rows, [{ at: NOON - DAY, state: 'passed' }]);
  await ask('register.amend', { register: 'reassignment', phone, match: {}, change: { state: 'mistaken' } });
  t.match(rig.store.reassignments.standing(phone), [{ state: 'mistaken' }]);
});
