import { isLive } from '../core/attempt.ts';
import type { Phone } from '../core/phone.ts';
import { GLOBAL_OPT_OUT, type OptOutSource } from '../store/opt-outs.ts';
import { cancel, moveAttempt, moveLead } from './attempt-run.ts';
import type { AttemptRun, Floor } from './floor.ts';

/**
 * Records "never again" durably, and only then acts on it: the number's leads close in every campaign, its live calls
 * end (the one in which it was said hears the confirmation). Answers false when it was recorded before; the sweep runs
 * all the same. If the commit fails nothing is confirmed and the daemon stops.
 */
export function optOut(
  floor: Floor,
  phone: Phone,
  source: OptOutSource,
  more: { attempt?: AttemptRun; note?: string } = {},
): boolean {
  return floor.act(() => {
    const now = floor.clock.now();
    const recorded = floor.store.optOuts.insert(phone, now, {
      ...GLOBAL_OPT_OUT,
      source,
      attempt: more.attempt?.id ?? null,
      note: more.note ?? null,
    });
    if (recorded) {
      floor.store.journal.write({
        at: now,
        subject: 'opt-out',
        id: more.attempt?.id ?? source,
        event: 'recorded',
        data: { source },
      });
      floor.log.info({ phone, source, attempt: more.attempt?.id }, 'opt-out recorded');
    }
    for (const lead of floor.store.leads.byPhone(phone)) {
      if (lead.state !== 'opted-out' && lead.state !== 'dialing') {
        moveLead(floor, lead.id, lead.state, 'opted-out', { reason: 'OPT_OUT_GLOBAL' });
      }
    }
    for (const run of floor.attempts.values()) {
      if (run.phone !== phone || !isLive(run.state)) continue;
      if (run === more.attempt) moveAttempt(floor, run, 'opted-out', { opted_out_at: now });
      else if (run.state !== 'confirming' && run.state !== 'ending') cancel(floor, run);
    }
    return recorded;
  });
}
