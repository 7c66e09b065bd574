import t from 'tap';
import { withoutPersons } from '../../lib/control/audited.ts';
import { COMMANDS, type CommandName } from '../../lib/control/commands.ts';
import { desk, number } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';

const PHONE = number('0001');
const rows = async (ask: Awaited<ReturnType<typeof desk>>['ask']) =>
  (await ask('audit.list', { limit: 100 })).rows.toReversed();

void t.test(
  'a changing command stands in the ledger with who, what and how it went; one that looks does not',
  async (t) => {
    const { ask, rig } = await desk();
    const before = rig.store.ledger.head().id;
    await ask('status', {});
    await ask('optout.show', { phone: PHONE });
    t.equal(rig.store.ledger.head().id, before);
    await ask('optout.add', { phone: PHONE, source: 'letter', note: 'wrote on 3 May' });
    t.match(await rows(ask), [
      {
        id: before + 1,
        role: 'ops',
        claims: 'tester',
        command: 'optout.add',
        args: {
          phone: { subject: rig.store.audit.subject(Number(PHONE.slice(1))) },
          note: { digest: /^[0-9a-f]{16}$/ },
        },
        result: 'ok',
        begun: null,
      },
    ]);
  },
);

void t.test('the row and the work are one transaction: a row that cannot be written undoes the work', async (t) => {
  const { ask, rig } = await desk();
  const write = rig.store.audit.write;
  const broken = {
    ...rig.store.audit,
    write: () => {
      throw new Error('no row');
    },
  };
  t.teardown(() => Object.assign(rig.store.audit, { write }));
  Object.assign(rig.store.audit, broken);
  await rejection(ask('optout.add', { phone: PHONE, source: 'letter' }));
  t.strictSame(rig.store.optOuts.of(PHONE), []);
});

void t.test('a command that fails leaves its code, and nothing else', async (t) => {
  const { ask, rig } = await desk();
  await rejection(ask('optout.lift', { phone: 'nobody', source: 'letter', evidence: 'letter 7' }));
  await rejection(ask('campaign.pause', { name: 'none' }));
  t.match(await rows(ask), [
    { command: 'optout.lift', result: 'USAGE', args: { phone: { digest: /./ } } },
    { command: 'campaign.pause', result: 'NOT_FOUND', args: { name: 'none' } },
  ]);
  t.strictSame(rig.store.optOuts.of(PHONE), []);
});

void t.test('work at length stands there when it begins and when it ends', async (t) => {
  const { ask } = await desk();
  const { import: id } = await ask('import.begin', { kind: 'optout', list: 'a.csv' });
  await ask('import.rows', { import: id, rows: [{ row: 2, values: { phone: PHONE }, vars: {} }] });
  await ask('import.end', { import: id });
  const found = await rows(ask);
  t.match(
    found.map(({ command, result }) => `${command} ${result}`),
    ['import.begin ok', 'import.rows began', 'import.rows ok', 'import.end began', 'import.end ok'],
  );
  t.equal(found[2]?.begun, found[1]?.id);
  t.match(found[1]?.args, { import: id, rows: { count: 1, digest: /./ } });
});

void t.test('every handler changes as its command declares, and the ledger holds with its rows', async (t) => {
  const { ask, rig } = await desk();
  await ask('agent.login', { id: 'anna', ready: true }).catch(() => null);
  await ask('campaign.pause', { name: 'test' }).catch(() => null);
  await ask('optout.add', { phone: PHONE, source: 'letter' });
  await ask('optout.lift', { phone: PHONE, source: 'letter', evidence: 'letter 7' });
  for (const row of await rows(ask)) t.not(row.result, 'BUG', row.command);
  t.equal(rig.store.ledger.head().id > 0, true);
});

void t.test('no argument of any command brings a number or a typed text into the ledger in clear', (t) => {
  const hashes = { subject: (phone: number) => `s${String(phone).length}`, digest: () => 'd' };
  const CANARY = '+7 (916) 777-13-00';
  const personal = [
    'phone',
    'note',
    'evidence',
    'reason',
    'text',
    'values',
    'rows',
    'numbers',
    'vars',
    'places',
    'ranges',
  ];
  for (const key of personal) {
    for (const value of [CANARY, [CANARY], { name: CANARY, phone: CANARY, [key]: [CANARY, 79167771300] }]) {
      t.notMatch(JSON.stringify(withoutPersons({ [key]: value }, hashes)), /777|Иванов/, key);
    }
  }
  for (const key of ['name', 'list', 'file', 'by', 'campaign']) {
    t.notMatch(JSON.stringify(withoutPersons({ [key]: `a ${CANARY}` }, hashes)), /777/, `${key}: masked`);
  }
  t.strictSame(withoutPersons({ numbers: [79167771300, 79167771301] }, hashes), { numbers: { count: 2, digest: 'd' } });
  t.ok((Object.keys(COMMANDS) as CommandName[]).length > 70);
  t.end();
});
