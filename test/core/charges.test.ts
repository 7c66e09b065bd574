import t from 'tap';
import { CHARGED, isCharged, listed, type Charge } from '../../lib/core/charges.ts';
import { DISPOSITIONS, type Disposition } from '../../lib/core/outcome.ts';
import { UNCHARGED } from '../../lib/core/retry.ts';

const chargedTo = (charge: Charge): Disposition[] => DISPOSITIONS.filter((one) => isCharged(one, charge));

void t.test('what is the trunk’s is not charged to the lead, and nobody pays for a call nobody placed', async (t) => {
  t.strictSame(chargedTo('trunk'), ['congestion', 'trunk-failure']);
  for (const disposition of chargedTo('trunk')) t.ok(UNCHARGED.has(disposition), disposition);
  t.strictSame(CHARGED['not-placed'], []);
  t.strictSame([...UNCHARGED].sort(), ['cancelled', 'congestion', 'not-placed', 'trunk-failure']);
});

void t.test('who may have been talked to counts as called, as answered and for the lead', async (t) => {
  for (const disposition of ['talked', 'machine', 'abandoned', 'opted-out', 'unknown'] as const) {
    for (const charge of ['lead', 'frequency', 'answered'] as const) {
      t.ok(isCharged(disposition, charge), `${disposition}: ${charge}`);
    }
  }
  for (const disposition of chargedTo('lead')) t.ok(isCharged(disposition, 'frequency'), `${disposition} was a call`);
});

void t.test('a query names the outcomes as they are stored, each once', async (t) => {
  t.equal(listed('frequency', false), `'trunk-failure', 'not-placed'`);
  t.equal(listed('abandonment', true), `'abandoned', 'opted-out', 'unknown'`);
});
