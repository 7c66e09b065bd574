import { addLead, NOON, phoneOf } from './rig.ts';
import { request, runningCampaign, type Rooms } from './rooms.ts';

const BATCH = 64;
/** Who answers what of the gate: allowed, no consent, night where he is, opted out. */
const ZONES = ['Europe/Moscow', 'Europe/Moscow', 'Asia/Kamchatka', 'Europe/Samara'];

/**
 * Fills the ledger with at least so many verdicts, all by the gate's own transaction; each allowed call ends at once.
 * Numbers begin at +7916 and `first`.
 */
export function fillLedger(rooms: Rooms, rows: number, first = 0): number {
  const campaign = rooms.campaigns.byName('test')?.id ?? runningCampaign(rooms);
  let now = NOON;
  let next = first;
  while (rooms.ledger.head().id < rows) {
    rooms.db.transaction(() => {
      for (let i = 0; i < BATCH; i += 1, next += 1) {
        const phone = phoneOf(`+7916${String(next).padStart(7, '0')}`);
        addLead(rooms, campaign, phone, NOON - 1, { zone: ZONES[next % 4] ?? null, consent: next % 5 !== 0 });
      }
    })();
    now += 1_000;
    rooms.gate.ask(request(campaign, { now, want: BATCH, covered: BATCH, budget: BATCH }));
    rooms.db.transaction(() => {
      for (const { id } of rooms.attempts.unresolved()) {
        rooms.attempts.setState(id, 'ended', { disposition: 'no-answer', ended_at: now + 1, cause: 19 });
      }
    })();
  }
  return campaign;
}
