import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { changedSettings, type ReplayResult } from '../../lib/cli/replay.ts';
import { DEFAULT_PACING } from '../../lib/core/pacing/settings.ts';
import { runCli, stubDaemon } from '../helpers/cli.ts';
import { recordShift } from '../helpers/recording.ts';
import { shortDir } from '../helpers/short-dir.ts';

const SHIFT = recordShift('reference-n20', DEFAULT_PACING);

/** A daemon that recorded `SHIFT` in two parts, at 10 and, of another kind, at 20. */
async function daemon(t: Test) {
  const middle = SHIFT.text.indexOf('\n', SHIFT.text.length / 2) + 1;
  const parts = [SHIFT.text.slice(0, middle), SHIFT.text.slice(middle)];
  const row = { lastAt: 30, parts: 2, bytes: 2048 };
  return stubDaemon(t, {
    'pacing.sessions': ({ name }) => ({
      name,
      sessions:
        name === 'oct'
          ? [
              { ...row, session: 20 },
              { ...row, session: 10 },
            ]
          : [],
    }),
    'pacing.part': ({ session, part }) => ({ lines: session === 10 ? (parts[part] ?? null) : null }),
  });
}

await t.test('a recorded shift replays bit for bit: from the daemon, from a file, exit 0', async (t) => {
  const run = await daemon(t);
  const plain = await run(['replay', '--campaign', 'oct', '--session', '10']);
  t.match(plain.out, `all ${SHIFT.decisions} decisions are the same, bit for bit`);
  t.equal(plain.exit, 0);
  const file = join(shortDir(t), 'shift.jsonl');
  t.match((await run(['replay', '--campaign', 'oct', '--session', '10', '--save', file])).out, /^\d+ lines written to/);
  t.equal(readFileSync(file, 'utf8'), SHIFT.text);
  const alone = await runCli(['replay', file, '--json']);
  t.match(JSON.parse(alone.out), { decisions: SHIFT.decisions, different: 0, firstDifference: null });
});

await t.test('one event missing and the replay exits 1, naming the first decision that differs', async (t) => {
  const lines = SHIFT.text.split('\n');
  const at = lines.findIndex((line) => line.includes('"answered"'));
  const file = join(shortDir(t, { 'cut.jsonl': lines.toSpliced(at, 1).join('\n') }), 'cut.jsonl');
  const { exit, out } = await runCli(['replay', file]);
  t.equal(exit, 1);
  t.match(out, /\d+ of \d+ decisions differ\n/);
  t.match(out, /first +at .*: \d+ recorded, \d+ replayed/);
});

await t.test('a replay with other settings tells what they would have decided, and is no failure', async (t) => {
  const file = join(shortDir(t, { 'shift.jsonl': SHIFT.text }), 'shift.jsonl');
  const bolder = await runCli(['replay', file, '--target', '3%', '--json']);
  t.equal(bolder.exit, 0);
  const result = JSON.parse(bolder.out) as ReplayResult;
  t.ok(result.wanted > result.placed, `${result.wanted} calls instead of ${result.placed}`);
  t.match(result.settings, { target: 0.03 });
  const none = await runCli(['replay', file, '--max-unanswered', '0', '--json']);
  t.equal((JSON.parse(none.out) as ReplayResult).wanted, 0);
  const ratio = await runCli(['replay', file, '--method', 'ratio:2']);
  t.match(ratio.out, /with these settings \d+ at the same moments/);
  t.match(ratio.out, /obzvon simulate/);
});

await t.test(
  'another target keeps the recorded limit, unless it is above it or the limit is changed too',
  async (t) => {
    const recorded = { ...DEFAULT_PACING, limit: 0.02 };
    t.match(changedSettings(recorded, { target: 0.015 }), { target: 0.015, limit: 0.02 });
    t.match(changedSettings(recorded, { target: 0.05 }), { target: 0.05, limit: 0.05 });
    t.match(changedSettings(recorded, { target: 0.015, limit: 0.03 }), { target: 0.015, limit: 0.03 });
    t.strictSame(changedSettings(recorded, {}), recorded);
  },
);

await t.test('what is no recording is refused with file, line and remedy', async (t) => {
  const folder = shortDir(t);
  const cases: [name: string, text: string, says: RegExp][] = [
    ['empty.jsonl', '', /empty\.jsonl is empty/],
    ['words.jsonl', `${SHIFT.text.split('\n')[0]}\nwords\n`, /words\.jsonl, line 2: not JSON/],
    ['headless.jsonl', SHIFT.text.split('\n').slice(1).join('\n'), /headless\.jsonl, line 1: .*making of its pacer/],
    ['other.jsonl', '{"a":1}\n', /other\.jsonl, line 1: not a line of a pacing recording/],
    ['short.jsonl', '["made",1]\n', /short\.jsonl, line 1: a “made” line of another length/],
    ['settings.jsonl', '["made",1,{"method":"predictive"},null]\n', /cannot be played: ratio is undefined/],
  ];
  for (const [name, text, says] of cases) {
    writeFileSync(join(folder, name), text);
    const { exit, err } = await runCli(['replay', join(folder, name)]);
    t.equal(exit, 6, name);
    t.match(err, says, name);
    t.match(err, /obzvon replay --campaign NAME --save FILE/, 'and how to make one');
  }
  const missing = await runCli(['replay', join(folder, 'nothing')]);
  t.equal(missing.exit, 6);
  t.match(missing.err, /cannot read the recording/);
});

await t.test('wrong options: one sentence and exit 2; no such recording: exit 9 and those there are', async (t) => {
  const run = await daemon(t);
  for (const argv of [
    ['replay'],
    ['replay', 'f', '--campaign', 'oct'],
    ['replay', 'f', '--list'],
    ['replay', 'f', '--method', 'ratio'],
    ['replay', 'f', '--target', '200%'],
  ]) {
    t.equal((await run(argv)).exit, 2, argv.join(' '));
  }
  const file = join(shortDir(t, { 'shift.jsonl': SHIFT.text }), 'shift.jsonl');
  const none = await run(['replay', file, '--target', '0']);
  t.equal(none.exit, 2);
  t.match(none.err, /target 0 leaves predictive pacing nothing to risk/);
  const other = await run(['replay', '--campaign', 'oct', '--session', '11']);
  t.equal(other.exit, 9);
  t.match(other.err, /it has 20, 10/);
  t.match((await run(['replay', '--campaign', 'nov'])).err, /nothing of nov is recorded yet/);
});
