import { nextOpening } from '../calling-hours.ts';
import { campaignFinding, finding } from '../verdict.ts';
import type { Check } from './question.ts';

/** Calling hours where the person is. */
export const hoursChecks: readonly Check[] = [
  {
    name: 'calling hours are open',
    codes: ['HOURS_CLOSED', 'HOURS_END_GUARD', 'HOURS_HOLIDAY', 'TZ_UNKNOWN_WINDOW', 'CALENDAR_MISSING'],
    find({ hours, hoursRule, placeKnown, now }) {
      if (hours === null || hoursRule === null || hours.open) return [];
      if (hours.code === 'CALENDAR_MISSING') return [campaignFinding('CALENDAR_MISSING', hours.detail)];
      const code = placeKnown ? hours.code : 'TZ_UNKNOWN_WINDOW';
      return [finding(code, hours.detail, nextOpening(hoursRule, now))];
    },
    say({ hours, hoursRule, zone, placeKnown }) {
      const weak = zone.source === 'none' ? 'none is known' : `${zone.source} alone is too weak`;
      const margin = (hoursRule?.marginMin ?? 0) > 0 ? `, ${hoursRule?.marginMin} min off both ends` : '';
      const known = placeKnown
        ? `${zone.zones.join(', ')} by ${zone.source}${margin}`
        : `every zone of the country (${weak})`;
      if (hours === null) return `${known}; not asked without a purpose`;
      return hours.open ? `${known}: open` : `${known}: ${hours.detail}`;
    },
  },
];
