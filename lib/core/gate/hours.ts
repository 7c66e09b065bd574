import { nextOpening } from '../calling-hours.ts';
import { campaignFinding, finding } from '../verdict.ts';
import type { Check } from './question.ts';

/** Calling hours where the person is. */
export const hoursChecks: readonly Check[] = [
  {
    name: 'calling hours are open',
    codes: ['HOURS_CLOSED', 'HOURS_END_GUARD', 'HOURS_HOLIDAY', 'TZ_UNKNOWN_WINDOW', 'CALENDAR_MISSING'],
    find({ hours, hoursRule, zone, now }) {
      if (hours === null || hoursRule === null || hours.open) return [];
      if (hours.code === 'CALENDAR_MISSING') return [campaignFinding('CALENDAR_MISSING', hours.detail)];
      const code = zone.source === 'none' ? 'TZ_UNKNOWN_WINDOW' : hours.code;
      return [finding(code, hours.detail, nextOpening(hoursRule, now))];
    },
    say({ hours, zone }) {
      const known =
        zone.source === 'none'
          ? 'every zone of the country (none is known)'
          : `${zone.zones.join(', ')} by ${zone.source}`;
      if (hours === null) return `${known}; not asked without a purpose`;
      return hours.open ? `${known}: open` : `${known}: ${hours.detail}`;
    },
  },
];
