import type { RedialReport, RedialRun } from '../../lib/control/commands/redials.ts';

const REASON = { code: 'REDIAL_RECENT', title: 'Too lately.', leads: 3, first: [{ lead: 4, phone: '+7916***0004' }] };
const FIGURES = {
  attempts: 30,
  live: 0,
  byDisposition: { talked: 10, busy: 20 },
  answered: 11,
  talks: 10,
  abandoned: 1,
  talkMs: 600_000,
  minutes: 15,
};

/** What a run of a pass answers, for tests of what is printed. */
export const redialRun = (at: number): RedialRun => ({
  campaign: 'oct',
  for: '2026-11-22',
  at,
  leads: 36,
  called: 20,
  waiting: 2,
  notCalled: [REASON],
  startsAt: at,
  order: [],
  hours: [],
  forecast: null,
  sinceLast: null,
  already: false,
  state: 'running',
});

/** A report of that pass. */
export const redialReport = (at: number): RedialReport => ({
  campaign: 'oct',
  title: '',
  for: '2026-11-22',
  from: at,
  until: null,
  state: 'stopped',
  plan: { leads: 36, called: 20, waiting: 2, notCalled: 3, forecast: null },
  figures: FIGURES,
  leads: { planned: 22, called: 21, calledAsPlanned: 20, talked: 10 },
  remembered: true,
  missed: [{ ...REASON, code: 'HOURS_CLOSED', leads: 2 }],
  unplanned: [{ ...REASON, code: 'REDIAL_CALLBACK', leads: 1, planned: 'REDIAL_PROMISED' }],
  results: [{ code: 'interested', stage: 'интерес', target: true, talks: 4 }],
  money: { cost: 123.45, currency: 'RUB' },
  agents: { count: 2, loggedInMs: 7_200_000, talkMs: 600_000 },
  abandonment: [{ window: 'pass', answers: 11, abandoned: 1, rate: 1 / 11 }],
  before: { for: '2026-11-21', ...FIGURES, attempts: 25, byDisposition: { busy: 25 } },
});
