import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { phoneToInteger, type Phone } from '../../lib/core/phone.ts';
import { numberText } from '../../lib/number-text.ts';
import { cleanFile } from '../../lib/number-files.ts';
import { searchFiles, searchFilesApart } from '../../lib/store/byte-search.ts';
import { PERSON_TABLES } from '../../lib/store/erasures.ts';
import { openStore } from '../../lib/store/open.ts';
import { verifyLedger } from '../../lib/store/ledger-verify.ts';
import { KEYED } from '../helpers/keyed.ts';
import { fillLedger } from '../helpers/ledger.ts';
import { NOON } from '../helpers/rig.ts';
import { createRooms } from '../helpers/rooms.ts';
import { shortDir } from '../helpers/short-dir.ts';

const SPELLINGS = [
  '+79161234567',
  '79161234567',
  '89161234567',
  '9161234567',
  '+7 (916) 123-45-67',
  '8 916 123 45 67',
  '8(916)1234567',
  '+7-916-123-45-67',
  '916.123.45.67',
  '8 (916) 123‑45–67',
  '+7\u00a0916\u00a0123\u00a045\u00a067',
  '00 7 916 123 45 67',
  '810 7 916 1234567',
];
const PHONE = '+79161234567' as Phone;

void t.test('a number is found in a text however it is written, and taken out', async (t) => {
  const { in: holds, without } = numberText(PHONE);
  for (const spelling of SPELLINGS) {
    t.ok(holds(`call ${spelling}, please`), spelling);
    t.notMatch(without(`call ${spelling}, please`), /\d/, spelling);
  }
  for (const other of ['+79161234568', '9161234', '29161234567', '91612345670', '2026-11-22 09:16:12', '']) {
    t.notOk(holds(other), other);
  }
  t.equal(without('{"a":"8 (916) 123-45-67","b":[79161234567,1],"c":{"n":7}}'), '{"a":"***","b":[null,1],"c":{"n":7}}');
  t.ok(numberText('+998901234567' as Phone).in('tel 998 90 123-45-67'));
});

void t.test('every spelling is found byte by byte: text, UTF-16, SQLite’s integers', async (t) => {
  const integer = phoneToInteger(PHONE);
  const big = Buffer.alloc(6);
  big.writeUIntBE(integer, 0, 6);
  const cases: (readonly [string, Buffer])[] = SPELLINGS.map((text) => [text, Buffer.from(text)]);
  cases.push(
    ['UTF-16', Buffer.from(PHONE, 'utf16le')],
    ['UTF-16 big-endian', Buffer.from(PHONE, 'utf16le').swap16()],
    ['JSON', Buffer.from(JSON.stringify({ phone: integer }))],
    ['six bytes', big],
    ['a varint', Buffer.from([0x82, 0xa6, 0xf3, 0x82, 0xa9, 0x07])],
  );
  const dir = shortDir(t);
  const path = join(dir, 'bytes');
  const wall = Buffer.alloc(4 * 1024 * 1024, 'x,');
  for (const [what, bytes] of cases) {
    for (const before of [0, wall.length - 3]) {
      writeFileSync(path, Buffer.concat([wall, wall]).fill(bytes, before, before + bytes.length));
      const { found } = searchFiles([path], integer, PHONE.slice(2));
      t.equal(found, 1, `${what} at ${before}`);
    }
  }
  writeFileSync(path, wall);
  t.match(await searchFilesApart([path, join(dir, 'none')], integer, PHONE.slice(2)), {
    files: [path],
    bytes: wall.length,
    found: 0,
  });
});

void t.test('every table with a phone of people is one an erasure goes through', async (t) => {
  const db = openStore(':memory:', KEYED);
  const tables = db
    .prepare<[], string>(
      `SELECT l.name FROM pragma_table_list AS l JOIN pragma_table_info(l.name) AS c
       WHERE l.schema = 'main' AND c.name = 'phone' ORDER BY 1`,
    )
    .pluck()
    .all();
  t.strictSame(tables, [...PERSON_TABLES].sort());
});

void t.test('erased persons leave no byte of their numbers, and the ledger is whole', async (t) => {
  const dir = shortDir(t);
  const path = join(dir, 'obzvon.db');
  const db = openStore(path, KEYED);
  db.pragma('synchronous = OFF');
  const rooms = createRooms(db);
  fillLedger(rooms, 2_000);
  const phones = db.prepare<[], number>('SELECT DISTINCT phone FROM verdicts ORDER BY phone').pluck().all();
  const gone = phones.filter((_, i) => i % 100 === 3);
  const [first = 0] = gone;
  const spelled = `8 (${String(first).slice(1, 4)}) ${String(first).slice(4, 7)}-${String(first).slice(7, 9)}-${String(first).slice(9)}`;
  db.prepare(`UPDATE leads SET vars = json_object('second', ?), name = 'wife of ' || ? WHERE phone = ?`).run(
    spelled,
    spelled,
    phones[4],
  );
  for (const phone of gone) {
    db.prepare(`UPDATE leads SET name = 'Anna', vars = json_object('n', phone), person = phone WHERE phone = ?`).run(
      phone,
    );
    db.prepare(`UPDATE leads SET state = 'opted-out', next_at = NULL WHERE phone = ?`).run(phone);
    const act = db.transaction(() =>
      rooms.erasures.erase(phone, { at: NOON, by: 'anna', reason: 'demand 7', callsHungUp: 0, files: [] }),
    )();
    t.ok((act.rows['leads'] ?? 0) === 1 && (act.rows['verdicts'] ?? 0) >= 1, JSON.stringify(act.rows));
    for (const { changed } of rooms.erasures.sweep(numberText(`+${phone}` as Phone))) {
      t.ok(changed === 0 || phone === first, 'nobody else is touched');
    }
  }
  t.match(db.prepare('SELECT name, vars FROM leads WHERE phone = ?').get(phones[4]), {
    name: 'wife of ***',
    vars: '{"second":"***"}',
  });
  t.match(db.prepare('SELECT * FROM leads WHERE phone = ?').get(KEYED.pseudonym(first)), {
    name: null,
    person: null,
    vars: '{}',
    state: 'opted-out',
    reason: 'OPT_OUT_ERASED',
  });
  db.pragma('temp_store = FILE');
  db.exec('VACUUM');
  db.pragma('wal_checkpoint(TRUNCATE)');
  const { ok, faults } = verifyLedger(db, KEYED, []);
  t.ok(ok, JSON.stringify(faults[0]));
  const files = ['', '-wal', '-shm'].map((end) => readFileSync(path + end));
  for (const phone of gone) {
    const big = Buffer.alloc(6);
    big.writeUIntBE(phone, 0, 6);
    const needles = [big, Buffer.from(String(phone).slice(1)), Buffer.from(String(phone).slice(1), 'utf16le')];
    t.notOk(
      files.some((file) => needles.some((needle) => file.includes(needle))),
      String(phone),
    );
  }
  const [kept = 0] = phones;
  const big = Buffer.alloc(6);
  big.writeUIntBE(kept, 0, 6);
  t.ok(files[0]?.includes(big), 'the others are where they were, and the search finds');
  db.close();
});

void t.test('a person erased is known by the keyed hash; erased again, both acts are kept', async (t) => {
  const rooms = createRooms();
  fillLedger(rooms, 64);
  const phone = rooms.db.prepare<[], number>('SELECT min(phone) FROM verdicts').pluck().get() ?? 0;
  const erase = (at: number) => rooms.erasures.erase(phone, { at, by: 'x', reason: 'y', callsHungUp: 0, files: [] });
  t.equal(rooms.erasures.erasedAt(phone), null);
  erase(NOON);
  t.equal(rooms.erasures.erasedAt(phone), NOON);
  t.equal(rooms.erasures.erasedAt(phone + 1), null);
  const campaign = rooms.campaigns.byName('test')?.id ?? 0;
  const again = {
    campaign,
    phone: `+${phone}` as Phone,
    person: null,
    name: null,
    zone: null,
    region: null,
    priority: 0,
    vars: {},
    list: 'again.csv',
    listRow: 1,
  };
  t.ok(rooms.leads.insert(again, NOON), 'somebody put him in past the import');
  const second = erase(NOON + 5);
  t.equal(second.earlier.length, 1);
  t.equal(rooms.erasures.erasedAt(phone), NOON, 'closed since the first');
  t.strictSame(rooms.leads.byPhone(again.phone), []);
  t.ok(verifyLedger(rooms.db, KEYED, []).ok);
});

void t.test('a table of numbers loses the records that hold one, whole records; a story goes whole', async (t) => {
  const bom = '\ufeff';
  const dir = shortDir(t, {
    'a.csv': `${bom}phone;note\r\n+79161234568;"two\r\nlines"\r\n8 (916) 123-45-67;"his\r\nnote"\r\n+79161234569;his friend 9161234567\r\n`,
    'b.csv': 'phone\r\n+79161234568\r\n',
    'story.html': `<h1>${PHONE}</h1>`,
    'other.html': '<h1>+79161234568</h1>',
  });
  const number = numberText(PHONE);
  t.match(await cleanFile(join(dir, 'a.csv'), false, number), { outcome: 'cleaned', records: 2 });
  t.equal(readFileSync(join(dir, 'a.csv'), 'utf8'), `${bom}phone;note\r\n+79161234568;"two\r\nlines"\r\n`);
  t.match(await cleanFile(join(dir, 'b.csv'), false, number), { outcome: 'untouched' });
  t.match(await cleanFile(join(dir, 'story.html'), true, number), { outcome: 'removed' });
  t.match(await cleanFile(join(dir, 'other.html'), true, number), { outcome: 'untouched' });
  t.match(await cleanFile(join(dir, 'none.csv'), false, number), { outcome: 'absent' });
  t.match(await cleanFile(dir, false, number), { outcome: 'failed', reason: /EISDIR/ });
  t.equal(execFileSync('ls', [dir], { encoding: 'utf8' }), 'a.csv\nb.csv\nother.html\n', 'nothing is left beside');
  symlinkSync(join(dir, 'b.csv'), join(dir, 'link.csv'));
  t.match(await cleanFile(join(dir, 'link.csv'), false, number), { outcome: 'failed', reason: /link/ });
});
