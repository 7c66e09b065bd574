import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { checkInvariants, type Breach } from '../lives/invariants.ts';
import { termsFor, type Seen } from './terms.ts';

/* Holds a copy of a world against the invariants, in a process of its own: the world's clock must not stand still. */

const [folder = '', rest = ''] = process.argv.slice(2);
const seen = JSON.parse(readFileSync(join(folder, 'seen.json'), 'utf8')) as Seen;
const path = join(folder, 'obzvon.db');
const breaches = [...lostOptOuts(), ...checkInvariants(seen, path, termsFor(seen, rest === 'at-rest'))];
process.stdout.write(JSON.stringify(breaches));

/** Who was told that he is never called again stands in the database; nothing is erased or lifted in these worlds. */
function lostOptOuts(): Breach[] {
  const db = new Database(path, { readonly: true });
  const standing = db.prepare('SELECT 1 FROM opt_outs WHERE phone = ?');
  const lost = seen.optOuts.filter(({ phone }) => standing.get(phone) === undefined);
  db.close();
  return lost.map(({ phone }) => ({ law: 'I3', what: `the opt-out of ${phone} was acknowledged, and is not kept` }));
}
