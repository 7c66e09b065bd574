import type { MissedSlots, Slot } from '../core/slots.ts';

/** What the scheduler knows of the time behind it. */
export interface Past {
  /** Since when it looks at the clock, epoch ms. */
  readonly startedAt: number;
  /** The last step of the wall clock forwards: what it jumped over. */
  readonly jump: { readonly from: number; readonly to: number } | null;
  /** The last run of the same schedule. */
  readonly lastRun: { readonly from: number; readonly to: number } | null;
}

const MINUTE_MS = 60_000;

/** Why a slot was not seen when it was due. */
export function whyUnseen(dueAt: number, { startedAt, jump, lastRun }: Past): string {
  if (jump !== null && dueAt > jump.from && dueAt <= jump.to) {
    return `the clock was set forward by ${minutes(jump.to - jump.from)}, or the machine slept`;
  }
  if (dueAt < startedAt) return 'the daemon was not running';
  if (lastRun !== null && dueAt >= lastRun.from && dueAt <= lastRun.to) return 'the run before it still went on';
  return 'the daemon did not look at the clock in time';
}

/** What is odd about a slot that runs now; null: nothing. */
export function whyOdd({ slot, late }: { slot: Slot; late: boolean }, now: number, past: Past): string | null {
  const odd: string[] = [];
  const time = slot.local.slice(11);
  if (slot.shown === 'never') odd.push(`clocks skip ${time} on that date: it runs when the gap ends`);
  if (slot.shown === 'twice') odd.push(`clocks show ${time} twice on that date: it runs the first time alone`);
  if (late) odd.push(`late by ${minutes(now - slot.dueAt)}: ${whyUnseen(slot.dueAt, past)}`);
  return odd.length === 0 ? null : odd.join('; ');
}

/** Why slots are given up. */
export function whyMissed({ dueFrom, dueTo }: MissedSlots, lateMin: number, past: Past): string {
  const whys = [...new Set([whyUnseen(dueFrom, past), whyUnseen(dueTo, past)])].join(', then ');
  return `${whys}; ${overWindow(lateMin)}`;
}

/** Why it is too late to begin. */
export function overWindow(lateMin: number): string {
  return lateMin === 0
    ? 'it does not run late'
    : `the ${minutes(lateMin * MINUTE_MS)} in which it may run late are over`;
}

/** `90 min`, or hours when they are whole. */
export function minutes(ms: number): string {
  const count = Math.round(ms / MINUTE_MS);
  return count >= 60 && count % 60 === 0 ? `${count / 60} h` : `${count} min`;
}
