import t from 'tap';
import { isDiskLow } from '../../lib/core/guard/disk-room.ts';
import { prefixFault, USUAL_PREFIXES } from '../../lib/core/guard/prefixes.ts';
import {
  callsAllowed,
  createTrunkBreaker,
  isGivenUp,
  noteAlive,
  noteBack,
  noteFailed,
} from '../../lib/core/guard/trunk-breaker.ts';
import { createAnswerBreaker, implausible, noteAnswer, noteEnd } from '../../lib/core/guard/answer-breaker.ts';
import type { Phone } from '../../lib/core/phone.ts';

void t.test('usual prefixes: Russian geographic and mobile numbers, no service codes, nothing abroad', async (t) => {
  for (const [phone, allowed] of [
    ['+79161234567', true],
    ['+74951234567', true],
    ['+73431234567', true],
    ['+78121234567', true],
    ['+78001234567', false],
    ['+78091234567', false],
    ['+76001234567', false],
    ['+77011234567', false],
    ['+72991234567', false],
    ['+881612345678', false],
    ['+870771234567', false],
    ['+442071838750', false],
    ['+14165550123', false],
  ] as const) {
    t.equal(prefixFault(phone as Phone, USUAL_PREFIXES) === null, allowed, phone);
  }
});

void t.test('of two prefixes that fit the longer counts, of equal ones the denial', async (t) => {
  const rules = { allow: ['+7', '+79161'], deny: ['+7916', '+7'] };
  t.equal(prefixFault('+79161234567' as Phone, rules), null);
  t.match(prefixFault('+79162234567' as Phone, rules), /^\+7916 is denied/);
  t.match(prefixFault('+74951234567' as Phone, rules), /^\+7 is denied/);
});

void t.test('five failures among the last eight calls rest a trunk; four do not', async (t) => {
  const breaker = createTrunkBreaker();
  for (const failed of [true, false, true, false, true, false, true]) {
    if (failed) noteFailed(breaker, 0, 0);
    else noteAlive(breaker, 0, 0);
  }
  t.equal(breaker.tryAt, null);
  noteFailed(breaker, 0, 1_000);
  t.equal(breaker.tryAt, 16_000);
});

void t.test(
  'a resting trunk gets one call at a time, each after twice the wait, and is given up after five',
  async (t) => {
    const breaker = createTrunkBreaker();
    for (let i = 0; i < 5; i += 1) noteFailed(breaker, 0, 0);
    let now = 0;
    for (const waitMs of [15_000, 30_000, 60_000, 120_000, 240_000]) {
      t.equal(callsAllowed(breaker, 0, now + waitMs - 1), 0);
      t.notOk(isGivenUp(breaker));
      now += waitMs;
      t.equal(callsAllowed(breaker, 0, now), 1);
      t.equal(callsAllowed(breaker, 1, now), 0, 'one at a time');
      noteFailed(breaker, now - 1, now);
      t.equal(callsAllowed(breaker, 0, now), 1, 'what was placed before it rested is no try');
      noteAlive(breaker, now - 1, now);
      t.equal(callsAllowed(breaker, 0, now), 1, 'nor does it open it');
      noteFailed(breaker, now, now);
    }
    t.ok(isGivenUp(breaker));
    t.equal(callsAllowed(breaker, 0, now + 86_400_000), 0);
  },
);

void t.test('one call that gets through opens the trunk; the PBX’s word has it tried at once', async (t) => {
  const breaker = createTrunkBreaker();
  for (let i = 0; i < 5; i += 1) noteFailed(breaker, 0, 0);
  noteBack(breaker, 4_000);
  t.equal(callsAllowed(breaker, 0, 4_000), 1);
  noteAlive(breaker, 4_000, 5_000);
  t.equal(callsAllowed(breaker, 50, 5_000), Infinity);
  t.equal(callsAllowed(breaker, 3, 15_000), 1, 'ten seconds without a sign: four may wait for one');
});

void t.test('answers are believed unless they come too fast, or all of them and none lasts', async (t) => {
  const told = (delays: readonly number[], ends: readonly (number | null)[]) => {
    const breaker = createAnswerBreaker();
    for (const delay of delays) noteAnswer(breaker, delay);
    for (const lasted of ends) noteEnd(breaker, lasted);
    return implausible(breaker);
  };
  const many = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value);
  t.match(told(many(8, 299), []), /8 of the last 8 answers came within 300 ms/);
  t.equal(told(many(7, 299), []), null);
  t.equal(told(many(30, 300), []), null);
  t.match(told([], many(20, 2_999)), /all of the last 20 calls were answered/);
  t.equal(told([], many(19, 2_999)), null);
  t.equal(told([], [...many(19, 2_999), null]), null);
  t.match(told([], [...many(15, 2_999), ...many(5, 3_000)]), /15 of them/);
  t.equal(told([], [...many(14, 2_999), ...many(6, 3_000)]), null);
});

void t.test('room on the disk: low below the limit, enough again from a fifth above; unknown is low', async (t) => {
  const MB = 1_048_576;
  for (const [free, wasLow, low] of [
    [500 * MB, false, false],
    [500 * MB - 1, false, true],
    [600 * MB - 1, true, true],
    [600 * MB, true, false],
    [null, false, true],
  ] as const) {
    t.equal(isDiskLow(free, 500, wasLow), low, `${free} ${wasLow}`);
  }
});
