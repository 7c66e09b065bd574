import t from 'tap';
import {
  afterLapse,
  afterTry,
  callbackTable,
  deferred,
  mayKeep,
  pairUp,
  type CallbackTerms,
} from '../../lib/core/callback.ts';
import { finalStates } from '../../lib/core/machine.ts';
import type { Disposition } from '../../lib/core/outcome.ts';

const MIN = 60_000;
const DUE = 1_000 * MIN;

const terms = (changes: Partial<CallbackTerms> = {}): CallbackTerms => ({
  kind: 'promised',
  agent: null,
  dueAt: DUE,
  until: DUE + 60 * MIN,
  fallback: 'anyone',
  tries: 0,
  ...changes,
});

void t.test('a callback ends done, lapsed or cancelled, and nothing moves it after', async (t) => {
  t.strictSame([...finalStates(callbackTable)].sort(), ['cancelled', 'done', 'lapsed']);
});

void t.test(
  'after a try: a talk ends it, silence brings it again inside its window, a dead number ends it',
  async (t) => {
    const cases: [Disposition, Partial<CallbackTerms>, ReturnType<typeof afterTry>][] = [
      ['talked', {}, { event: 'talked' }],
      ['busy', {}, { event: 'again', dueAt: DUE + 5 * MIN, tries: 1 }],
      ['no-answer', {}, { event: 'again', dueAt: DUE + 10 * MIN, tries: 1 }],
      ['no-answer', { tries: 2 }, { event: 'lapsed', tries: 3 }],
      ['no-answer', { until: DUE + 10 * MIN }, { event: 'lapsed', tries: 1 }],
      ['trunk-failure', { tries: 2 }, { event: 'again', dueAt: DUE + MIN, tries: 2 }],
      ['cancelled', {}, { event: 'again', dueAt: DUE + MIN, tries: 0 }],
      ['abandoned', {}, { event: 'again', dueAt: DUE + 5 * MIN, tries: 1 }],
      ['unallocated', {}, { event: 'lapsed', tries: 1 }],
      ['declined', {}, { event: 'lapsed', tries: 1 }],
      ['unknown', {}, { event: 'lapsed', tries: 1 }],
    ];
    for (const [disposition, changes, expected] of cases) {
      t.strictSame(afterTry(terms(changes), disposition, DUE), expected, disposition);
    }
  },
);

void t.test('a deferral moves the whole window; a lapse gives the lead back as its fallback says', async (t) => {
  t.strictSame(deferred(terms(), DUE + 600 * MIN), { dueAt: DUE + 600 * MIN, until: DUE + 660 * MIN });
  t.equal(deferred(terms({ tries: 1 }), DUE + 60 * MIN), null, 'it was tried in its window');
  t.strictSame(afterLapse('drop', 1), { event: 'resolved' });
  t.strictSame(afterLapse('retry', 2), { event: 'released', place: 2 });
  t.strictSame(afterLapse('anyone', null), { event: 'exhausted' });
});

void t.test(
  'another agent keeps a promise in the second half of its window, and only if the fallback is anyone',
  async (t) => {
    const his = terms({ agent: 'a1' });
    t.ok(mayKeep(his, 'a1', DUE));
    t.notOk(mayKeep(his, 'a2', DUE + 30 * MIN - 1));
    t.ok(mayKeep(his, 'a2', DUE + 30 * MIN));
    t.notOk(mayKeep({ ...his, fallback: 'retry' }, 'a2', DUE + 59 * MIN));
    t.ok(mayKeep(terms(), 'a2', DUE));
  },
);

void t.test('owed first, then promised by an agent, then anyone’s; the oldest first; each agent once', async (t) => {
  const due = [
    terms({ kind: 'requested', dueAt: 1 }),
    terms({ kind: 'promised', agent: 'a1', dueAt: 5 }),
    terms({ kind: 'missed', dueAt: 9 }),
    terms({ kind: 'abandoned', dueAt: 7 }),
  ].map((one) => ({ ...one, until: 1e9, dueAt: one.dueAt }));
  const told = (agents: string[]) => pairUp(due, agents, 10).map(({ callback, agent }) => `${callback.kind} ${agent}`);
  t.strictSame(told(['a1']), ['abandoned a1']);
  t.strictSame(told(['a1', 'a2']), ['abandoned a2', 'missed a1'], 'his own promise waits for who is owed');
  t.strictSame(told(['a1', 'a2', 'a3']), ['abandoned a2', 'missed a3', 'promised a1']);
  t.strictSame(told(['a1', 'a2', 'a3', 'a4']), ['abandoned a2', 'missed a3', 'promised a1', 'requested a4']);
});
