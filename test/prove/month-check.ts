import Database from 'better-sqlite3';
import { readAnchors } from '../../lib/store/anchors.ts';
import { installationKey, keyedHash } from '../../lib/store/keyed-hash.ts';
import { verifyLedger } from '../../lib/store/ledger-verify.ts';
import { openForReading } from '../../lib/store/open.ts';
import { callLaws } from './month-call-laws.ts';
import { leadLaws } from './month-lead-laws.ts';
import { readMonth } from './month-rows.ts';
import { planLaws } from './month-plan-laws.ts';
import type { Month } from './month-drive.ts';

/** What must hold of every month. */
export const LAWS = {
  state:
    'every lead is in exactly one state, that its journal leads to, and that state is final or waits for something',
  outcome: 'every attempt has one outcome',
  sums: 'the outcomes add up to the attempts: by disposition, by lead, by number, by journal',
  witness: 'the PBX saw each call that has an attempt, and no other',
  permit: 'each attempt rests on one ALLOW to that very number',
  'lead-cap':
    'no lead is called more often in a pass than its campaign allows, but to keep a promise; each call is charged once',
  'number-cap':
    'no number is called more often in a pass than its campaign allows, but to keep a promise; each call is charged once',
  'day-cap': 'no number is called too often in any 24 hours',
  'week-cap': 'no number is called too often in any 7 days',
  interval: 'between two calls to a number lies the least interval',
  answered: 'nobody talks to us too often in a day, a week, a month',
  abandoned: 'who was abandoned is left alone for 72 hours, unless an agent is reserved for him',
  'one-call': 'no number, and no lead, has two calls at a time',
  hours: 'every call is placed in lawful hours where the person is',
  consent: 'every call is covered by a consent that stands',
  'opt-out': 'nobody is called after he said never again, and his lead stays closed',
  unallocated: 'a number that does not exist is never called again',
  campaign: 'no call is placed while the campaign does not run or its caller number is not registered',
  callback: 'a lead has one open callback when it is promised, and none otherwise',
  ledger: 'the ledger is as the gate wrote it',
  plan: 'plan and deed of each night differ only where facts changed, and each difference has its code',
} as const;
export type Law = keyof typeof LAWS;

/** Something that does not hold. */
export interface Breach {
  readonly law: Law;
  readonly what: string;
}

/** Tells a breach. */
export type Report = (law: Law, what: string) => void;

/** What a check found. */
export interface Checked {
  readonly breaches: readonly Breach[];
  /** Of each law broken, how often. */
  readonly counts: ReadonlyMap<Law, number>;
  /** What was counted, by its name. */
  readonly figures: Readonly<Record<string, number>>;
}

const TOLD_A_LAW = 5;

/**
 * Holds a month against its laws, by the rows of its database and by what the PBX saw. Shares no code with what is
 * checked, but for the verification of the ledger, which has a proof of its own.
 */
export function checkMonth({
  path,
  witness,
  nights,
  endedAt,
}: Pick<Month, 'path' | 'witness' | 'nights' | 'endedAt'>): Checked {
  const breaches: Breach[] = [];
  const counts = new Map<Law, number>();
  const report: Report = (law, what) => {
    const before = counts.get(law) ?? 0;
    counts.set(law, before + 1);
    if (before < TOLD_A_LAW) breaches.push({ law, what });
  };
  const db = new Database(path, { readonly: true });
  let figures: Record<string, number>;
  try {
    const month = readMonth(db);
    leadLaws(month, report);
    callLaws(month, witness, report);
    const differences = planLaws(month, nights, endedAt, report);
    figures = { leads: month.leads.length, attempts: month.attempts.length, ...month.figures, nights: nights.length };
    for (const [code, times] of [...differences].sort((a, b) => b[1] - a[1]))
      figures[`planned otherwise: ${code}`] = times;
  } finally {
    db.close();
  }
  checkLedger(path, report);
  return { breaches, counts, figures };
}

function checkLedger(path: string, report: Report): void {
  const keyed = keyedHash(installationKey(`${path}.key`, () => false));
  const db = openForReading(path, keyed);
  try {
    const proof = verifyLedger(db, keyed, readAnchors(`${path}.anchors`, keyed));
    for (const { where, found } of proof.faults) report('ledger', `${where}: ${found}`);
  } finally {
    db.close();
  }
}
