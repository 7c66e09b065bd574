import t from 'tap';
import { createPacer } from '../../../lib/core/pacing/pacer.ts';
import { checkPacingSettings, DEFAULT_PACING, type PacingSettings } from '../../../lib/core/pacing/settings.ts';

void t.test('the defaults are accepted', async (t) => {
  t.strictSame(checkPacingSettings(DEFAULT_PACING), []);
});

const REFUSED: readonly [Partial<PacingSettings>, RegExp][] = [
  [{ target: 0 }, /target 0 leaves predictive pacing nothing to risk/],
  [{ target: -0.01 }, /target is -0.01/],
  [{ target: 0.5, limit: 0.05 }, /target is 0.5/],
  [{ target: 0.04, limit: 0.03 }, /target 0.04 is above limit 0.03/],
  [{ target: NaN }, /target is NaN/],
  [{ limit: 2 }, /limit is 2/],
  [{ ratio: 0 }, /ratio is 0/],
  [{ maxRatio: 0.5 }, /maxRatio is 0.5/],
  [{ maxUnanswered: -1 }, /maxUnanswered is -1/],
  [{ ringTimeoutMs: 0 }, /ringTimeoutMs is 0/],
  [{ ringTimeoutMs: Infinity }, /ringTimeoutMs is Infinity/],
  [{ graceMs: -1 }, /graceMs is -1/],
  [{ expectedTalkMs: 0 }, /expectedTalkMs is 0/],
  [{ expectedWrapUpMs: -5 }, /expectedWrapUpMs is -5/],
  [{ method: 'magic' as 'ratio' }, /method magic is not known/],
  [{ machineDetection: 'yes' as unknown as boolean }, /machineDetection must be true or false/],
];

for (const [change, sentence] of REFUSED) {
  void t.test(`${JSON.stringify(change)} is refused, and no pacer is made of it`, async (t) => {
    const settings = { ...DEFAULT_PACING, ...change };
    t.match(checkPacingSettings(settings)[0], sentence);
    t.throws(() => createPacer(settings), RangeError);
  });
}

void t.test('target 0 goes with progressive pacing', async (t) => {
  t.strictSame(checkPacingSettings({ ...DEFAULT_PACING, method: 'progressive', target: 0 }), []);
});
