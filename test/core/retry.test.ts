import t from 'tap';
import { DISPOSITIONS } from '../../lib/core/outcome.ts';
import { afterAttempt, type RetryRules } from '../../lib/core/retry.ts';

const RULES: RetryRules = {
  busy: { afterMin: 15 },
  'no-answer': { afterMin: 180 },
  'trunk-failure': { afterMin: 2 },
  unallocated: 'never',
};
const NOW = 1_700_000_000_000;

void t.test('busy comes back after its minutes and is charged', async (t) => {
  t.strictSame(afterAttempt('busy', RULES, 0, 5, NOW), { event: 'retry', nextAt: NOW + 900_000, charged: true });
});

void t.test('the last charged attempt exhausts the lead; one before it does not', async (t) => {
  t.equal(afterAttempt('busy', RULES, 3, 5, NOW).event, 'retry');
  t.equal(afterAttempt('busy', RULES, 4, 5, NOW).event, 'exhausted');
});

void t.test('a trunk failure is not charged and never exhausts', async (t) => {
  t.strictSame(afterAttempt('trunk-failure', RULES, 99, 5, NOW), {
    event: 'retry',
    nextAt: NOW + 120_000,
    charged: false,
  });
});

void t.test('talked and unknown end the lead whatever the rules say', async (t) => {
  const rules = { ...RULES, talked: { afterMin: 1 }, unknown: { afterMin: 1 } };
  t.equal(afterAttempt('talked', rules, 0, 5, NOW).event, 'resolved');
  t.equal(afterAttempt('unknown', rules, 0, 5, NOW).event, 'resolved');
});

void t.test('a call the PBX never took frees the lead; an opt-out closes it', async (t) => {
  t.strictSame(afterAttempt('not-placed', RULES, 0, 5, NOW), { event: 'voided', nextAt: null, charged: false });
  t.equal(afterAttempt('opted-out', RULES, 0, 5, NOW).event, 'opted-out');
});

void t.test('every disposition leads somewhere, and only a retry has a time', async (t) => {
  for (const disposition of DISPOSITIONS) {
    const next = afterAttempt(disposition, RULES, 0, 5, NOW);
    t.equal(next.event === 'retry', next.nextAt !== null, disposition);
  }
});
