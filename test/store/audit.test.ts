import t from 'tap';
import { createAudit } from '../../lib/store/audit.ts';
import { verifyLedger } from '../../lib/store/ledger-verify.ts';
import type { Db } from '../../lib/store/open.ts';
import { KEYED } from '../helpers/keyed.ts';
import { fillLedger } from '../helpers/ledger.ts';
import { NOON } from '../helpers/rig.ts';
import { createRooms } from '../helpers/rooms.ts';

/** A ledger of verdicts with rows of commands between them and at its end. */
function ledgerWithCommands() {
  const rooms = createRooms();
  const audit = createAudit(rooms.db, rooms.ledger, KEYED);
  const write = (command: string, at: number): number =>
    rooms.db.transaction(() =>
      audit.write({ at, role: 'lead', claims: 'petrov', command, args: { name: 'oct' }, result: 'ok', begun: null }),
    )();
  const first = write('campaign.apply', NOON);
  fillLedger(rooms, 20);
  const between = write('campaign.pause', NOON + 1);
  fillLedger(rooms, between + 20);
  const last = write('campaign.stop', NOON + 2);
  const { db } = rooms;
  db.pragma('foreign_keys = OFF');
  db.pragma('ignore_check_constraints = ON');
  return { db, audit, first, between, last, faults: () => verifyLedger(db, KEYED, []).faults };
}

void t.test('commands and verdicts are one chain, and it holds', (t) => {
  const { db, audit, first, between, last } = ledgerWithCommands();
  const { ok, rows, head } = verifyLedger(db, KEYED, []);
  t.match({ ok, rows, head }, { ok: true, rows: last, head: { id: last } });
  t.match(audit.since(0, 10), [
    { id: last, command: 'campaign.stop', role: 'lead', claims: 'petrov', result: 'ok' },
    { id: between, command: 'campaign.pause' },
    { id: first, command: 'campaign.apply' },
  ]);
  t.match(
    audit.since(NOON + 1, 1).map(({ id }) => id),
    [last],
  );
  t.end();
});

const edit = (db: Db, id: number, what: string) => db.exec(`UPDATE audit SET ${what} WHERE id = ${id}`);
const TAMPERS: Readonly<Record<string, (ledger: ReturnType<typeof ledgerWithCommands>) => void>> = {
  'who gave it': ({ db, between }) => void edit(db, between, `body = json_set(body, '$.claims', 'ivanov')`),
  'what came of it': ({ db, first }) => void edit(db, first, `body = json_set(body, '$.result', 'NOT_FOUND')`),
  'a space in it': ({ db, last }) => void edit(db, last, `body = body || ' '`),
  'its hash': ({ db, between }) => void edit(db, between, `hash = zeroblob(32)`),
  'its place': ({ db, last }) => void edit(db, last, `id = id + 1`),
  'a row deleted': ({ db, between }) => void db.exec(`DELETE FROM audit WHERE id = ${between}`),
  'the first deleted': ({ db, first }) => void db.exec(`DELETE FROM audit WHERE id = ${first}`),
  'the last deleted': ({ db, last }) => void db.exec(`DELETE FROM audit WHERE id = ${last}`),
  'the last deleted, the head set back': ({ db, last }) =>
    void db.exec(`DELETE FROM audit WHERE id = ${last};
      UPDATE ledger_head SET id = id - 1, hash = (SELECT hash FROM verdicts WHERE id = ${last} - 1)`),
  'all deleted': ({ db }) => void db.exec('DELETE FROM audit'),
  'a row put in': ({ db, last }) =>
    void db.exec(`INSERT INTO audit (id, body, hash) SELECT id + 1, body, hash FROM audit WHERE id = ${last}`),
  'a command moved among the verdicts': ({ db, between }) =>
    void db.exec(`INSERT INTO verdicts (id, phone, body, hash) SELECT id, 79160000001,
        json_set(body, '$.campaign', 1, '$.lead', 1, '$.verdict', 'DENY'), hash FROM audit WHERE id = ${between};
      DELETE FROM audit WHERE id = ${between}`),
  'a verdict moved among the commands': ({ db }) => {
    const id = db.prepare<[], number>(`SELECT min(id) FROM verdicts WHERE verdict <> 'ALLOW'`).pluck().get();
    db.exec(`INSERT INTO audit (id, body, hash) SELECT id, body, hash FROM verdicts WHERE id = ${id};
      DELETE FROM verdicts WHERE id = ${id}`);
  },
};

for (const [what, tamper] of Object.entries(TAMPERS)) {
  void t.test(`ledger verify finds a command’s row tampered with: ${what}`, (t) => {
    const ledger = ledgerWithCommands();
    t.strictSame(ledger.faults(), []);
    tamper(ledger);
    t.not(ledger.faults().length, 0);
    t.end();
  });
}
