import Database from 'better-sqlite3';
import { numberFor } from '../../asterisk/testbed/behaviours.ts';
import type { CampaignSpec } from '../../lib/campaign-file.ts';
import { phoneFromInteger, phoneToInteger, type Phone } from '../../lib/core/phone.ts';
import type { Random } from '../../lib/sim/random.ts';
import { createStore } from '../../lib/store/store.ts';
import { phoneOf, specWith } from '../helpers/rig.ts';
import { ALL_HOURS, fillDatabase } from './daemon.ts';

/** Agents: a few of them talk, the others stand for the calls that ring. */
export const AGENTS = 20;
const RING_TIMEOUT_S = 5;
/** Of ten called so many answer. */
const HUMANS_IN_TEN = 1;

/** So many calls ring at a time as the method places for each free agent. */
export const CAMPAIGN: CampaignSpec = (() => {
  const usual = specWith();
  return specWith({
    name: 'optout',
    mode: 'predictive',
    policy: ALL_HOURS,
    pacing: { ...usual.pacing, method: 'ratio', ratio: 7, maxRatio: 7, target: 0.1, limit: 0.1 },
    ringTimeoutS: RING_TIMEOUT_S,
    wrapUpS: 0,
    answerLimitMs: 2_000,
  });
})();

/** People to be called, then the moments at which some of them are due for another call. */
export interface LoadPlan {
  readonly leads: number;
  readonly retries: number;
  readonly retriesPerSecond: number;
  /** Epoch ms of the first. */
  readonly retriesFrom: number;
}

/** Writes the base: who waits for a retry, and who is called for the first time. */
export function fillBase(path: string, plan: LoadPlan): void {
  const numbers = Array.from({ length: plan.leads + plan.retries }, (_, i) => numberOf(i));
  fillDatabase(path, [{ spec: CAMPAIGN, numbers }]);
  const store = createStore(path);
  const campaign = store.campaigns.byName(CAMPAIGN.name)?.id ?? 0;
  store.commit(() => {
    for (let i = 0; i < plan.retries; i += 1) {
      const lead = store.leads.find(campaign, phoneOf(numberOf(plan.leads + i)));
      if (lead === undefined) throw new Error('a lead written and not found');
      const nextAt = Math.round(plan.retriesFrom + (i * 1_000) / plan.retriesPerSecond);
      store.leads.setState(lead.id, 'waiting', { nextAt }, Date.now());
    }
  });
  store.close();
}

/** Who never answers rings until the time-out; the others answer after 0.5 to 2.9 s and talk for one or two. */
function numberOf(i: number): string {
  const serial = Math.floor(i / 10);
  if (i % 10 >= HUMANS_IN_TEN) {
    const silent = serial * 10 + (i % 10);
    return numberFor('no-answer', { ringMs: Math.floor(silent / 1_000) * 100, talkS: 0, serial: silent % 1_000 });
  }
  return numberFor('human', {
    ringMs: 500 + (serial % 25) * 100,
    talkS: 1 + (serial % 2),
    serial: Math.floor(serial / 50),
  });
}

/** Where an opt-out meets the dialer. */
export type Meeting = 'next in the base' | 'retry due' | 'just placed' | 'being called';
export const MEETINGS: readonly Meeting[] = ['next in the base', 'retry due', 'just placed', 'being called'];

/** An attempt as the daemon wrote it. */
export interface Planned {
  readonly phone: number;
  /** When the gate allowed it, epoch ms. */
  readonly plannedAt: number;
}

/** Beside the daemon, reading its database: whom it is about to call, or is calling. */
export interface Picker {
  /** Somebody never picked before; null when there is nobody of this kind now. */
  pick(meeting: Meeting): Phone | null;
  /** All attempts by their ids. */
  attempts(): ReadonlyMap<string, Planned>;
  close(): void;
}

/** Next are a third of a second's calls; due is who becomes so in the next quarter of a second, or just did. */
const NEXT = 10;
const DUE_MS = 250;
/** An originate may still be on its way to Asterisk. */
const JUST_MS = 50;

export function openPicker(path: string, random: Random): Picker {
  const db = new Database(path, { readonly: true });
  const picked = new Set<number>();
  const list = (sql: string) => db.prepare<unknown[], number>(sql).pluck();
  const next = list(
    `SELECT phone FROM leads WHERE campaign = 1 AND state = 'callable' ORDER BY priority DESC, id LIMIT ${NEXT}`,
  );
  const due = list(
    `SELECT phone FROM leads WHERE campaign = 1 AND state = 'waiting' AND next_at BETWEEN ? AND ? ORDER BY next_at LIMIT ${NEXT}`,
  );
  const live = list(
    `SELECT phone FROM attempts WHERE disposition IS NULL AND state IN ('planned', 'dialing', 'ringing', 'answered', 'bridging')`,
  );
  const just = list(`SELECT phone FROM attempts WHERE disposition IS NULL AND planned_at > ?`);
  const attempts = db.prepare<[], Planned & { id: string }>('SELECT id, phone, planned_at AS plannedAt FROM attempts');
  return {
    pick(meeting) {
      const now = Date.now();
      const all = {
        'next in the base': () => next.all(),
        'retry due': () => due.all(now - DUE_MS, now + DUE_MS),
        'just placed': () => just.all(now - JUST_MS),
        'being called': () => live.all(),
      }[meeting]();
      const left = all.filter((phone) => !picked.has(phone));
      const phone = left[Math.floor(random() * left.length)];
      if (phone === undefined) return null;
      picked.add(phone);
      return phoneFromInteger(phone);
    },
    attempts: () => new Map(attempts.all().map((row) => [row.id, row])),
    close: () => void db.close(),
  };
}

/** As the witness names a number. */
export const keyOf = phoneToInteger;
