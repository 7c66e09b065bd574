import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkInvariants } from '../lives/invariants.ts';
import { termsFor, type Seen } from './terms.ts';

/* Holds a copy of a world against the invariants, in a process of its own: the world's clock must not stand still. */

const [folder = '', rest = ''] = process.argv.slice(2);
const seen = JSON.parse(readFileSync(join(folder, 'seen.json'), 'utf8')) as Seen;
process.stdout.write(
  JSON.stringify(checkInvariants(seen, join(folder, 'obzvon.db'), termsFor(seen, rest === 'at-rest'))),
);
