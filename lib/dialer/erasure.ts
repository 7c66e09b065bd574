import { isLive } from '../core/attempt.ts';
import { phoneToInteger, type Phone } from '../core/phone.ts';
import type { ErasureAct } from '../store/erasures.ts';
import { cancel } from './attempt-run.ts';
import { letGo } from './caller-run.ts';
import type { Floor } from './floor.ts';
import { moveLead } from './lead-moves.ts';

/**
 * Erases a person in one transaction: his leads close with all their numbers, his number and all that is personal leaves every row, the act is
 * written; once committed his live calls are hung up. Their outcomes come later, to rows that no longer name him.
 */
export function erasePerson(
  floor: Floor,
  phone: Phone,
  given: { readonly by: string; readonly reason: string },
): ErasureAct {
  return floor.act(() => {
    const { store } = floor;
    const now = floor.clock.now();
    const leads = store.leads.byPhone(phone);
    for (const lead of leads) {
      if (lead.state !== 'opted-out' && lead.state !== 'dialing') {
        moveLead(floor, lead.id, lead.state, 'opted-out', { reason: 'OPT_OUT_ERASED' });
      }
    }
    const live = [...floor.attempts.values()].filter(
      (run) => isLive(run.state) && (run.phone === phone || leads.some(({ id }) => id === run.lead)),
    );
    const callers = [...floor.callers.values()].filter(
      (run) => run.phone === phone || leads.some(({ id }) => id === run.lead),
    );
    const act = store.erasures.erase(phoneToInteger(phone), {
      ...given,
      at: now,
      callsHungUp: live.length + callers.length,
      files: store.writtenFiles
        .all()
        .map(({ path, kind }) => ({ path, kind, outcome: 'not yet looked at', records: 0, reason: null })),
    });
    for (const run of live) if (run.state !== 'confirming' && run.state !== 'ending') cancel(floor, run);
    for (const run of callers) letGo(floor, run, null);
    store.journal.write({
      at: now,
      subject: 'erasure',
      id: String(act.pseudonym),
      event: 'erased',
      data: { by: given.by, rows: act.rows, callsHungUp: act.callsHungUp },
    });
    floor.log.info({ pseudonym: act.pseudonym, by: given.by, rows: act.rows, live: live.length }, 'person erased');
    return act;
  });
}
