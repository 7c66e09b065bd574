import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createLedger } from '../../lib/store/ledger.ts';
import { verifyLedger } from '../../lib/store/ledger-verify.ts';
import { openStore } from '../../lib/store/open.ts';
import { policyHash } from '../../lib/store/policies.ts';
import { verifyApart, verifyFiles } from '../../lib/store/verify-file.ts';
import { KEYED, TEST_KEY } from '../helpers/keyed.ts';
import { fillLedger } from '../helpers/ledger.ts';
import { ruDefault } from '../helpers/policy.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, NOON, phoneOf } from '../helpers/rig.ts';
import { createRooms, request, runningCampaign } from '../helpers/rooms.ts';
import { shortDir } from '../helpers/short-dir.ts';
import { diceOf, sampleLedger } from '../prove/sample-ledger.ts';
import { TAMPERS } from '../prove/tampers.ts';

void t.test('every kind of tamper is found, and what was undone is not', async (t) => {
  const ledger = sampleLedger(128, diceOf(7));
  t.match(ledger.verify(), { ok: true, faultCount: 0, anchors: 4 });
  for (const [kind, act] of Object.entries(TAMPERS)) {
    const anchors = [...ledger.anchors];
    ledger.db.exec('SAVEPOINT tamper');
    act(ledger);
    const { ok, faults } = ledger.verify();
    t.notOk(ok, `${kind}: ${faults[0]?.where ?? ''}: ${faults[0]?.found ?? ''}`);
    ledger.db.exec('ROLLBACK TO tamper; RELEASE tamper');
    ledger.anchors = anchors;
  }
  t.ok(ledger.verify().ok);
});

void t.test('the first broken row is told with what is wrong and what it means', async (t) => {
  const rooms = createRooms();
  fillLedger(rooms, 20);
  const { db } = rooms;
  const after = (sql: string) => {
    db.exec('SAVEPOINT s; PRAGMA foreign_keys = OFF');
    db.exec(sql);
    const { faults } = verifyLedger(db, KEYED, []);
    db.exec('ROLLBACK TO s; RELEASE s');
    return faults[0];
  };
  db.pragma('foreign_keys = OFF');
  t.match(after(`UPDATE verdicts SET body = json_set(body, '$.label', 'Bank') WHERE id = 7`), {
    where: 'row 7',
    found: /not that of row 6 and its own content/,
    means: /edited/,
  });
  t.match(after('DELETE FROM verdicts WHERE id = 7'), {
    where: 'row 8',
    found: /row 7 is not there/,
    means: /deleted/,
  });
  t.match(after('UPDATE verdicts SET phone = phone + 1 WHERE id = 7'), { where: 'row 7', means: /number/ });
  t.match(after('DELETE FROM verdicts WHERE id > 7; DELETE FROM attempts WHERE verdict > 7'), {
    where: 'head',
    found: /the last one is 7/,
    means: /cut off/,
  });
});

void t.test('a head somebody else wrote is not built upon', async (t) => {
  const rooms = createRooms();
  fillLedger(rooms, 1);
  const { db } = rooms;
  const append = () => createLedger(db, KEYED).append(79160000000, { at: 1 });
  db.exec('SAVEPOINT s');
  db.prepare('UPDATE ledger_head SET hash = zeroblob(32)').run();
  t.throws(append, { code: 'STORE_FAILED', message: /head of the ledger/ });
  db.exec('ROLLBACK TO s');
  db.exec('DELETE FROM ledger_head');
  t.throws(append, { code: 'STORE_FAILED' });
});

void t.test('the bytes that are hashed are those of docs/compliance.md', async (t) => {
  const rooms = createRooms();
  fillLedger(rooms, 2);
  const rows = rooms.db
    .prepare<[], { id: number; body: string; hash: Buffer }>('SELECT id, body, hash FROM verdicts WHERE id < 3')
    .all();
  let before = '0'.repeat(64);
  for (const { id, body, hash: stored } of rows) {
    before = hash('sha256', `${before}\n${id}\n${body}`, 'hex');
    t.equal(stored.toString('hex'), before);
  }
});

void t.test('a policy is kept once, with its files, and they have its hash', async (t) => {
  const rooms = createRooms();
  fillLedger(rooms, 200);
  const kept = rooms.db.prepare<[], { hash: string; body: string }>('SELECT hash, body FROM policies').all();
  t.equal(kept.length, 1);
  t.equal(kept[0]?.hash, ruDefault.hash);
  t.equal(policyHash(kept[0]?.body ?? ''), ruDefault.hash);
});

void t.test(
  'a policy is kept with the first verdict that rests on it, though nobody was ready before, or it was lost',
  async (t) => {
    const rooms = createRooms();
    const campaign = runningCampaign(rooms);
    const kept = () => rooms.db.prepare<[], string>('SELECT hash FROM policies').pluck().all();
    rooms.gate.ask(request(campaign));
    t.strictSame(kept(), [], 'nobody was asked about');
    addLead(rooms, campaign, phoneOf('+79160000001'), NOON);
    const alongside = () => {
      throw new Error('power cut');
    };
    t.throws(() => rooms.gate.ask(request(campaign, { alongside })), /power cut/);
    t.strictSame(kept(), [], 'rolled back with its verdict');
    rooms.gate.ask(request(campaign));
    t.strictSame(kept(), [ruDefault.hash]);
  },
);

void t.test('files are verified in a thread while they are written to, and from a copy', async (t) => {
  const dir = shortDir(t, { 'a.key': TEST_KEY, 'other.key': '00'.repeat(32) });
  const database = join(dir, 'a.db');
  const db = openStore(database, KEYED);
  t.teardown(() => db.close());
  const rooms = createRooms(db);
  fillLedger(rooms, 64);
  const files = { database, key: join(dir, 'a.key'), anchors: null };
  const signal = new AbortController().signal;
  const verifying = verifyApart(files, { onRows: () => undefined, signal });
  fillLedger(rooms, 128, 1_000);
  t.match(await verifying, { ok: true });
  t.match(verifyFiles(files), { ok: true, rows: 128 });
  for (const [what, wrong, message] of [
    ['another key', { ...files, key: join(dir, 'other.key') }, /another installation key/],
    ['no key', { ...files, key: join(dir, 'none') }, /cannot read the installation key/],
    ['no anchors file', { ...files, anchors: join(dir, 'none') }, /no anchors file/],
    ['no database', { ...files, database: join(dir, 'none.db') }, /cannot read the database/],
    ['no database of ours', { ...files, database: join(dir, 'a.key') }, /cannot read the database/],
  ] as const) {
    t.throws(() => verifyFiles(wrong), { code: 'STORE_FAILED', message }, what);
    t.match(
      await rejection(verifyApart(wrong, { onRows: () => undefined, signal })),
      { code: 'STORE_FAILED', message },
      what,
    );
  }
  t.ok(readFileSync(database).length > 0);
});
