import type { HoursRule } from '../../lib/core/calling-hours.ts';
import { policy } from './given.ts';

/** Monday 23 November 2026, 10:00 in Moscow. */
export const MONDAY = Date.parse('2026-11-23T07:00:00Z');

/** Service calls to Moscow: from 9 to 21 on working days, shorter on days off. */
export const moscowHours: HoursRule = {
  zones: ['Europe/Moscow'],
  region: null,
  windows: policy.windows.informational,
  narrow: null,
  marginMin: 0,
  endGuardS: policy.endGuardS,
  calendars: policy.calendarOf,
};
