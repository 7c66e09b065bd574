import { phoneToInteger, type Phone } from '../core/phone.ts';
import type { Db } from './open.ts';

/** Leads and their numbers put back before the gate, when what stopped them may have been mended. */
export function createLeadReleases(db: Db) {
  // Whole bases at once: the journal gets its row for each lead by one statement, not by one a lead.
  const releasing = (which: string) => {
    const note = db.prepare(
      `INSERT INTO journal (at, subject, id_of, event, "from", "to", data)
       SELECT @now, 'lead', id, 'released', state, 'callable', json_object('code', reason) FROM leads WHERE ${which}`,
    );
    const free = db.prepare(`UPDATE leads SET state = 'callable', reason = NULL, updated_at = @now WHERE ${which}`);
    return (given: Readonly<Record<string, string | number>> & { readonly now: number }): number => {
      note.run(given);
      return free.run(given).changes;
    };
  };
  const release = releasing(`campaign = @campaign AND state IN ('blocked', 'held')`);
  const releaseThese = releasing(`id IN (SELECT value FROM json_each(@ids)) AND state IN ('blocked', 'held')`);
  const codes = 'SELECT value FROM json_each(@codes)';
  const stoppedFor = db
    .prepare<{ phone: number; codes: string }, number>(
      `SELECT l.id FROM lead_numbers AS n JOIN leads AS l ON l.id = n.lead
       WHERE n.phone = @phone AND l.state IN ('blocked', 'held') AND (l.reason IN (${codes}) OR n.closed IN (${codes}))`,
    )
    .pluck();
  const reopenFor = db.prepare(`UPDATE lead_numbers SET closed = NULL WHERE phone = @phone AND closed IN (${codes})`);
  const campaigns = db.prepare<[], number>('SELECT id FROM campaigns').pluck();
  const stopped = db
    .prepare<
      [number, string, string, number],
      number
    >('SELECT id FROM leads WHERE campaign = ? AND state = ? AND reason = ? LIMIT ?')
    .pluck();
  const closed = db.prepare<[number, string, number], { lead: number; place: number }>(
    'SELECT lead, place FROM lead_numbers WHERE campaign = ? AND closed = ? LIMIT ?',
  );
  const reopen = db.prepare('UPDATE lead_numbers SET closed = NULL WHERE lead = ? AND place = ?');
  // Codes of the gate are the only reasons in capitals; a number without a phone any more is an erased person's.
  const reopenAll = db.prepare(
    `UPDATE lead_numbers SET closed = NULL WHERE campaign = ? AND closed >= 'A' AND closed < '[' AND phone > 0`,
  );
  const back = (ids: readonly number[], now: number): number =>
    ids.length === 0 ? 0 : releaseThese({ ids: JSON.stringify(ids), now });

  return {
    /** Puts back the leads that have this phone and that these codes stopped, there or altogether; returns how many. */
    releaseFor(phone: Phone, reasons: readonly string[], now: number): number {
      const given = { phone: phoneToInteger(phone), codes: JSON.stringify(reasons) };
      const released = back(stoppedFor.all(given), now);
      reopenFor.run(given);
      return released;
    },
    /** Puts back up to `limit` leads and numbers of all campaigns that these codes stopped; returns how many of both. */
    releaseSome(reasons: readonly string[], limit: number, now: number): number {
      const ids: number[] = [];
      let reopened = 0;
      for (const campaign of campaigns.all()) {
        for (const code of reasons) {
          for (const state of ['blocked', 'held']) {
            ids.push(...stopped.all(campaign, state, code, limit - ids.length));
          }
          for (const { lead, place } of closed.all(campaign, code, limit - ids.length)) {
            reopened += reopen.run(lead, place).changes;
            ids.push(lead);
          }
        }
      }
      return back(ids, now) + reopened;
    },
    /** Puts back the campaign's blocked and held leads, and all numbers the gate closed; returns how many leads. */
    releaseRefused(campaign: number, now: number): number {
      reopenAll.run(campaign);
      return release({ campaign, now });
    },
  };
}
