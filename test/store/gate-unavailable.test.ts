import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { createGate } from '../../lib/store/gate-transaction.ts';
import { openStore } from '../../lib/store/open.ts';
import { KEYED } from '../helpers/keyed.ts';
import { ruDefault } from '../helpers/policy.ts';
import { addLead, NOON, phoneOf, serialIds } from '../helpers/rig.ts';
import { createRooms, dump, request, runningCampaign, type Rooms } from '../helpers/rooms.ts';

const number = (tail: string) => phoneOf(`+7916000${tail}`);
const add = (rooms: Rooms, campaign: number, tail: string) => addLead(rooms, campaign, number(tail), NOON);

void t.test('a database that cannot be used gives a rest and no permit, and is asked again', async (t) => {
  const path = join(t.testdir({}), 'gate.db');
  const rooms = createRooms(openStore(path, KEYED));
  const campaign = runningCampaign(rooms);
  add(rooms, campaign, '0001');
  const other = new Database(path);
  t.teardown(() => {
    other.close();
    rooms.db.close();
  });
  other.exec('BEGIN IMMEDIATE');
  const before = dump(rooms.db);
  const written: unknown[] = [];
  const busy = rooms.gate.ask(request(campaign, { alongside: (placed) => written.push(placed) }));
  t.match(busy, {
    allowed: [],
    refused: [],
    stop: { kind: 'rest', code: 'GATE_STORE_UNAVAILABLE', until: NOON + 10_000 },
  });
  t.strictSame(dump(rooms.db), before);
  t.equal(rooms.db.inTransaction, false);
  t.strictSame(written, []);
  other.exec('ROLLBACK');
  t.equal(rooms.gate.ask(request(campaign)).allowed.length, 1);
});

void t.test('a database that cannot be read is told by explain; a mistake of ours is thrown', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  add(rooms, campaign, '0001');
  const failing = (code: string) =>
    createGate(
      rooms.db,
      {
        ...rooms,
        factsFor: () => {
          throw new Database.SqliteError('it failed', code);
        },
      },
      serialIds(),
    );
  const asked = { ...request(campaign).campaign, state: 'running' } as const;
  const explain = (code: string) =>
    failing(code).explain(asked, { ok: true, phone: number('0001') }, ruDefault, NOON, { clockJumpedAt: null });
  for (const code of ['SQLITE_IOERR_READ', 'SQLITE_CORRUPT', 'SQLITE_FULL', 'SQLITE_BUSY', 'SQLITE_CANTOPEN']) {
    t.match(explain(code), {
      lead: null,
      verdict: { verdict: 'DEFER', primary: 'GATE_STORE_UNAVAILABLE' },
      checks: [{ ok: false, evidence: 'it failed' }],
    });
    t.match(failing(code).ask(request(campaign)), { allowed: [], stop: { kind: 'rest' } }, code);
  }
  for (const code of ['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_ERROR', 'SQLITE_MISUSE']) {
    t.throws(() => explain(code), /it failed/, code);
    t.throws(() => failing(code).ask(request(campaign)), /it failed/, code);
  }
  t.match(
    rooms.gate.explain(asked, { ok: true, phone: number('0001') }, ruDefault, NOON, null),
    { lead: 'callable', verdict: { verdict: 'ALLOW' } },
    'and when it can be read',
  );
});

void t.test('a commit that failed may still be committed: it is thrown, and never taken for a rest', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  add(rooms, campaign, '0001');
  const gate = createGate(rooms.db, rooms, serialIds(), (write) => {
    write();
    throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
  });
  t.throws(() => gate.ask(request(campaign)), /disk I\/O error/);
  t.equal(rooms.db.prepare('SELECT count(*) FROM attempts').pluck().get(), 1, 'it was');
});

void t.test('what must be written alongside fails with the question, and the question with it', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  add(rooms, campaign, '0001');
  const before = dump(rooms.db);
  const alongside = () => {
    throw new Error('power cut');
  };
  t.throws(() => rooms.gate.ask(request(campaign, { alongside })), /power cut/);
  t.strictSame(dump(rooms.db), before);
});
