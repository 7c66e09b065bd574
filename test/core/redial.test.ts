import t from 'tap';
import type { LeadState } from '../../lib/core/lead.ts';
import { leadTable } from '../../lib/core/lead.ts';
import {
  REDIAL_CODES,
  redialChoice,
  reopens,
  type LeadStanding,
  type RedialChoice,
  type RedialRules,
} from '../../lib/core/redial.ts';

const NOW = Date.parse('2026-11-25T00:00:00Z');
const HOUR = 3_600_000;
const RULES: RedialRules = { again: ['no-answer', 'busy'], results: ['not-now'], notWithinH: 12, maxPasses: 3 };
const SPENT: LeadStanding = {
  state: 'spent',
  disposition: 'no-answer',
  result: null,
  passes: 0,
  lastCalledAt: NOW - 20 * HOUR,
  within: true,
  barred: null,
  hasNumber: true,
};
const said = (choice: RedialChoice) => (choice.again ? choice.how : choice.code);
const chosen = (changes: Partial<LeadStanding>) => said(redialChoice({ ...SPENT, ...changes }, RULES, NOW));

void t.test('every state of a lead has its answer', (t) => {
  const expected: Readonly<Record<LeadState, string>> = {
    callable: 'as-due',
    waiting: 'as-due',
    dialing: 'REDIAL_LIVE',
    promised: 'REDIAL_PROMISED',
    held: 'asked',
    blocked: 'asked',
    done: 'anew',
    spent: 'anew',
    'opted-out': 'REDIAL_OPTED_OUT',
  };
  t.strictSame(
    Object.fromEntries((Object.keys(leadTable) as LeadState[]).map((state) => [state, chosen({ state })])),
    expected,
  );
  t.end();
});

const CASES: readonly [law: string, changes: Partial<LeadStanding>, answer: string][] = [
  ['an outcome the rules name is called again', {}, 'anew'],
  ['an outcome they do not name is not', { disposition: 'declined' }, 'REDIAL_OUTCOME'],
  ['nor one that nobody can know', { disposition: 'unknown' }, 'REDIAL_OUTCOME'],
  ['nor a lead that ended without any call', { disposition: null }, 'REDIAL_OUTCOME'],
  ['a talk whose result they name is called again', { disposition: 'talked', result: 'not-now' }, 'anew'],
  ['a talk whose result they do not name is not', { disposition: 'talked', result: 'sold' }, 'REDIAL_RESULT'],
  ['a talk without a result is not', { disposition: 'talked' }, 'REDIAL_OUTCOME'],
  ['an old result stands beside a later outcome', { disposition: 'declined', result: 'not-now' }, 'anew'],
  ['outside the filter of the re-dial', { within: false }, 'REDIAL_OUTSIDE'],
  ['put back as often as it may be', { passes: 3 }, 'REDIAL_PASSES'],
  ['once less than that', { passes: 2 }, 'anew'],
  ['called a moment less than the hours ago', { lastCalledAt: NOW - 12 * HOUR + 1 }, 'REDIAL_RECENT'],
  ['called just the hours ago', { lastCalledAt: NOW - 12 * HOUR }, 'anew'],
  ['never called', { lastCalledAt: null }, 'anew'],
  ['no number left', { hasNumber: false }, 'REDIAL_NUMBERS'],
  ['outside the base of the campaign', { barred: 'outside' }, 'REDIAL_BASE_OUTSIDE'],
  ['in a paused segment', { barred: 'paused' }, 'REDIAL_SEGMENT_PAUSED'],
  ['in a paused segment, still on its way', { state: 'waiting', barred: 'paused' }, 'REDIAL_SEGMENT_PAUSED'],
  ['in a segment without a share', { barred: 'never' }, 'REDIAL_SEGMENT_NEVER'],
  ['an opt-out is told before a paused segment', { state: 'opted-out', barred: 'paused' }, 'REDIAL_OPTED_OUT'],
  ['a callback goes on in a paused segment', { state: 'promised', barred: 'paused' }, 'REDIAL_PROMISED'],
  ['still on its way, whatever filter and hours', { state: 'waiting', within: false, lastCalledAt: NOW }, 'as-due'],
];

void t.test('who is called again', (t) => {
  for (const [law, changes, answer] of CASES) t.equal(chosen(changes), answer, law);
  t.end();
});

void t.test('every code of a choice can be met', (t) => {
  const met = new Set([...CASES.map(([, , answer]) => answer), chosen({ state: 'dialing' })]);
  for (const [code, { group }] of Object.entries(REDIAL_CODES)) if (group === 'choice') t.ok(met.has(code), code);
  t.end();
});

void t.test('a pass opens numbers closed by what it calls again after, or by the gate; what is for good stays', (t) => {
  for (const [closed, open] of [
    [null, true],
    ['no-answer', true],
    ['not-now', true],
    ['CONSENT_MISSING', true],
    ['unallocated', false],
    ['wrong-number', false],
    ['declined', false],
  ] as const) {
    t.equal(reopens(closed, RULES), open, String(closed));
  }
  t.end();
});
