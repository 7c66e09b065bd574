import type { PacingDecision, PacingEvent, PacingSnapshot } from '../../lib/core/pacing/contract.ts';
import { createPacer } from '../../lib/core/pacing/pacer.ts';
import { createRecorder } from '../../lib/core/pacing/recording.ts';
import type { PacingSettings } from '../../lib/core/pacing/settings.ts';
import { loadScenario } from '../../lib/sim/scenario.ts';
import { simulateShift } from '../../lib/sim/shift.ts';

/** A quarter of an hour of a shipped scenario as its first campaign's pacer heard and decided it. */
export function recordShift(name: string, settings: PacingSettings): { text: string; decisions: number } {
  const scenario = { ...loadScenario({ name }), durationS: 900 };
  const recorder = createRecorder();
  const first = scenario.campaigns[0]?.name;
  let decisions = 0;
  simulateShift({
    scenario,
    seed: 3,
    pacer: ({ campaign, startAt }) => {
      if (campaign.name === first) recorder.made(startAt, settings, undefined);
      return createPacer(settings);
    },
    onPacing(campaign, entry: PacingEvent | PacingDecision, snapshot?: PacingSnapshot) {
      if (campaign !== first) return;
      if (snapshot === undefined) return recorder.heard(entry as PacingEvent);
      decisions += 1;
      recorder.asked(snapshot, entry as PacingDecision);
    },
  });
  const parts: string[] = [];
  for (let part = recorder.take(5_000); part !== ''; part = recorder.take(5_000)) parts.push(part);
  return { text: parts.join(''), decisions };
}
