import type { TimeOfDay } from '../core/result.ts';
import { instantOf, offsetMs } from '../core/zone-clock.ts';
import { ObzvonError } from '../errors.ts';
import { gateCampaign } from './campaign-run.ts';
import type { Floor } from './floor.ts';
import type { Talk } from './result-moves.ts';

const DAY_MS = 86_400_000;

/** The instant a person names: `2026-11-25T14:05` in his own time, or with a zone (`…Z`, `…+03:00`). */
export function callbackAt(floor: Floor, talk: Talk, text: string): number {
  const local = text.replace(' ', 'T');
  if (/(Z|[+-]\d\d:\d\d)$/.test(local)) return Date.parse(local);
  const localMs = Date.parse(`${local}Z`);
  if (Number.isNaN(localMs)) throw new ObzvonError('USAGE', `“${text}” is no date and time`);
  return oneInstant(floor, talk, () => localMs);
}

/** The next instant at which the callee's clock shows this time. */
export function nextAt(floor: Floor, talk: Talk, { hour, minute }: TimeOfDay): number {
  const now = floor.clock.now();
  return oneInstant(floor, talk, (zone) => {
    const localNow = now + offsetMs(zone, now);
    const today = localNow - (localNow % DAY_MS) + (hour * 60 + minute) * 60_000;
    return instantOf(zone, today) > now ? today : today + DAY_MS;
  });
}

/** A local time in all zones the callee may be in must be one moment, or nobody can say when he meant. */
function oneInstant(floor: Floor, { campaign, lead: id, phone }: Talk, localMs: (zone: string) => number): number {
  const lead = floor.store.leads.byId(id);
  if (lead === undefined) throw new Error(`lead ${id} is gone`);
  const { verdict } = floor.store.gate.rehearse(gateCampaign(campaign), lead, campaign.policy, floor.clock.now());
  const { zones } = verdict.evidence.zone;
  const [at, other] = new Set(zones.map((zone) => instantOf(zone, localMs(zone))));
  if (at !== undefined && other === undefined) return at;
  throw new ObzvonError(
    'USAGE',
    `nobody knows in which time zone ${phone} is: ${zones.join(', ') || 'none is known'}`,
    {
      hint: 'give the time with its zone: 2026-11-25T14:05+10:00',
    },
  );
}
