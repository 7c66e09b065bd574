import t from 'tap';
import { dispositionOf, type Disposition, type Ending } from '../../lib/core/outcome.ts';
import { FAR } from '../helpers/ending.ts';

const CASES: readonly (readonly [title: string, ending: Partial<Ending>, disposition: Disposition])[] = [
  ['answered and bridged', { cause: 16, rang: true, answered: true, bridged: true }, 'talked'],
  ['answered, no agent in time', { cause: 16, answered: true, byFarSide: false }, 'abandoned'],
  ['answered and gone before an agent', { cause: 16, answered: true }, 'abandoned'],
  ['answered while the daemon was away, fallback dialplan', { cause: 0, answered: true }, 'abandoned'],
  ['pressed the opt-out digit in a talk', { cause: 16, answered: true, bridged: true, optedOut: true }, 'opted-out'],
  ['486', { cause: 17, sipCode: 486 }, 'busy'],
  ['600', { cause: 17, sipCode: 600 }, 'busy'],
  ['404', { cause: 1, sipCode: 404 }, 'unallocated'],
  ['604', { cause: 1, sipCode: 604 }, 'unallocated'],
  ['403', { cause: 21, sipCode: 403 }, 'declined'],
  ['603', { cause: 21, sipCode: 603, rang: true }, 'declined'],
  ['607, whose cause 127 says nothing', { cause: 127, sipCode: 607 }, 'unwanted'],
  ['608, whose cause 127 says nothing', { cause: 127, sipCode: 608 }, 'blocked'],
  ['608 after ringing is the network’s own word all the same', { cause: 127, sipCode: 608, rang: true }, 'blocked'],
  ['603 at 3 s, nothing rang', { cause: 21, sipCode: 603, afterMs: 3_000 }, 'blocked'],
  ['603 past 3 s, nothing rang', { cause: 21, sipCode: 603, afterMs: 3_001 }, 'declined'],
  ['603 at 1 s after ringing', { cause: 21, sipCode: 603, afterMs: 1_000, rang: true }, 'declined'],
  ['603 of which nobody knows when', { cause: 21, sipCode: 603 }, 'declined'],
  ['403 past 100 ms, nothing rang', { cause: 21, sipCode: 403, afterMs: 101 }, 'blocked'],
  ['403 at 100 ms: our own trunk', { cause: 21, sipCode: 403, afterMs: 100 }, 'trunk-failure'],
  ['401: our own trunk, whenever', { cause: 21, sipCode: 401, afterMs: 9_000 }, 'trunk-failure'],
  ['407: our own trunk', { cause: 21, sipCode: 407, afterMs: 50 }, 'trunk-failure'],
  ['no SIP code, cause 21 at 1 s, nothing rang', { cause: 21, afterMs: 1_000 }, 'blocked'],
  ['no SIP code, cause 21 after ringing', { cause: 21, afterMs: 1_000, rang: true }, 'declined'],
  ['607 at once: somebody said it is unwanted', { cause: 127, sipCode: 607, afterMs: 200 }, 'unwanted'],
  ['marked a machine', { cause: 16, answered: true, bridged: true, mark: 'machine' }, 'machine'],
  ['marked a machine, and opted out', { answered: true, bridged: true, mark: 'machine', optedOut: true }, 'opted-out'],
  ['410', { cause: 22, sipCode: 410 }, 'invalid-number'],
  ['484', { cause: 28, sipCode: 484 }, 'invalid-number'],
  ['503', { cause: 34, sipCode: 503 }, 'congestion'],
  ['480 said by the network', { cause: 19, sipCode: 480 }, 'unreachable'],
  ['19/480 of our own time-out, ringing seen', { cause: 19, sipCode: 480, byFarSide: false, rang: true }, 'no-answer'],
  ['19/480 of our own time-out, nothing seen', { cause: 19, sipCode: 480, byFarSide: false }, 'trunk-failure'],
  ['486, its hang-up request unheard', { cause: 17, sipCode: 486, byFarSide: false, rang: true }, 'busy'],
  ['603, its hang-up request unheard', { cause: 21, sipCode: 603, byFarSide: false, rang: true }, 'declined'],
  ['404, its hang-up request unheard', { cause: 1, sipCode: 404, byFarSide: false }, 'unallocated'],
  ['cause 17 alone, its hang-up request unheard', { cause: 17, byFarSide: false }, 'busy'],
  ['our own time-out, no SIP code', { cause: 19, byFarSide: false, rang: true }, 'no-answer'],
  ['hung up from inside before the answer', { cause: 16, byFarSide: false, rang: true }, 'no-answer'],
  ['408 after 32 s of silence', { cause: 18, sipCode: 408 }, 'trunk-failure'],
  ['no SIP code, cause 17', { cause: 17 }, 'busy'],
  ['no SIP code, cause 127: a 607 or 608 heard of too late', { cause: 127 }, 'declined'],
  ['no SIP code, cause 19, ringing seen', { cause: 19, rang: true }, 'no-answer'],
  ['no SIP code, cause 19, nothing seen', { cause: 19 }, 'trunk-failure'],
  ['a cause nobody knows, ringing seen', { cause: 99, rang: true }, 'no-answer'],
  ['a cause nobody knows, nothing seen', { cause: 99 }, 'trunk-failure'],
  ['we hung up while it rang', { cause: 16, rang: true, byFarSide: false, cancelled: true }, 'cancelled'],
  ['we hung up, but it had been answered', { cause: 16, answered: true, cancelled: true }, 'abandoned'],
];

for (const [title, ending, disposition] of CASES) {
  void t.test(`${title}: ${disposition}`, async (t) => {
    t.equal(dispositionOf({ ...FAR, ...ending }), disposition);
  });
}
