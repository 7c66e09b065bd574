import { isInbound } from '../core/caller.ts';
import { phoneToInteger } from '../core/phone.ts';
import { takesTime, type Result, type TimeOfDay } from '../core/result.ts';
import { ObzvonError } from '../errors.ts';
import { GLOBAL_OPT_OUT } from '../store/opt-outs.ts';
import { cancel, markAttempt } from './attempt-run.ts';
import { dropCallback } from './callback-moves.ts';
import { agreedTime, instantTyped, nextInstant, timeAbout } from './callback-time.ts';
import { agree } from './agree.ts';
import type { AgentRun, AttemptRun, Floor } from './floor.ts';
import { followResult } from './lead-moves.ts';
import { optOut } from './opt-outs.ts';
import { talkIn, type Talk } from './result-moves.ts';
import { refile } from './segments.ts';

/** What an agent says besides the result's code. */
export interface Said {
  /** By which way: `digits`, `cli`, `socket`. */
  readonly source: string;
  readonly note: string | null;
  /** When to call back, as typed or as a time of the callee's day; null: after the result's own time. */
  readonly at: string | TimeOfDay | null;
}

/**
 * The talk an agent may give the result of: the one going on, or the one just ended; null: none, or with somebody who hides
 * his number.
 */
export function talkOf({ attempt, caller, lastCall }: AgentRun): Talk | null {
  if (attempt !== null) return attempt.bridgedAt === null ? null : attempt;
  return caller === null ? lastCall : talkIn(caller);
}

/**
 * Records what an agent says of a talk and follows it through, in one transaction; whatever confirms it is to be said
 * after this returns. The newest word on a talk counts, also long after it; a lead that was called again since keeps the
 * course of that call, and an opt-out stays whatever is said later. Throws USAGE or REFUSED_BY_GATE when the time of a
 * callback does not do; then nothing is recorded.
 */
export function giveResult(floor: Floor, talk: Talk, agent: string | null, result: Result, said: Said): void {
  const { store, clock } = floor;
  const { id, campaign } = talk;
  const { code, stage, target, then } = result;
  const { source, note } = said;
  const callback = callbackFor(floor, talk, result, said.at);
  floor.act(() => {
    const now = clock.now();
    const before = store.results.of(id)?.code;
    const row = { attempt: id, campaign: campaign.id, lead: talk.lead, agent, code, stage, target, note, source };
    store.results.insert(row, now);
    const data = { code, agent, source, ...(before === undefined ? {} : { before }) };
    store.journal.write({ at: now, subject: isInbound(id) ? 'caller' : 'attempt', id, event: 'result', data });
    floor.then(() => floor.log.info({ attempt: id, lead: talk.lead, ...data }, 'result given'));
    if (store.results.isLatest(id, talk.lead)) {
      store.leads.setResult(talk.lead, code, now);
      refile(floor, campaign, talk.lead);
    }
    if (then === 'opt-out') {
      optOut(floor, talk.phone, { ...GLOBAL_OPT_OUT, source: agent === null ? source : `agent ${agent}`, attempt: id });
    }
    if (store.results.calledSince(id, talk.lead)) return;
    if (before !== undefined) store.leads.openNumber(talk.lead, callback.place, before);
    if (callback.agreed !== null) {
      const lead = store.leads.byId(talk.lead);
      const { dueAt, until } = callback.agreed;
      const { place } = callback;
      if (lead !== undefined)
        agree(floor, campaign, lead, { kind: 'promised', dueAt, until, agent, source: id, note, place });
    } else if (store.callbacks.openOf(talk.lead)?.state === 'waiting') dropCallback(floor, talk.lead, `result ${code}`);
    const run = isInbound(id) ? undefined : floor.attempts.get(id);
    if (run !== undefined) hear(floor, run, result);
    else if (then !== 'callback' && then !== 'opt-out') followResult(floor, talk);
  });
}

/** When the callback of this result is due, if it has one, and on which of the lead's numbers the talk was. */
function callbackFor(floor: Floor, { campaign, lead: id, phone }: Talk, result: Result, at: Said['at']) {
  const lead = floor.store.leads.byId(id);
  if (lead === undefined) throw new Error(`lead ${id} is gone`);
  const called = { ...lead, phone: phoneToInteger(phone) };
  const place = floor.store.leads.numbersOf(id).find((number) => number.phone === called.phone)?.place ?? lead.place;
  if (result.then !== 'callback') {
    if (at === null) return { place, agreed: null };
    throw new ObzvonError('USAGE', `after “${result.code}” nobody is called back: it takes no time`);
  }
  const wish = { windowMs: campaign.spec.callbacks.windowMin * 60_000, exactly: false };
  if (at !== null) {
    const wished =
      typeof at === 'string' ? instantTyped(floor, campaign, called, at) : nextInstant(floor, campaign, called, at);
    return { place, agreed: agreedTime(floor, campaign, called, { ...wish, at: wished }) };
  }
  if (takesTime(result)) {
    throw new ObzvonError('USAGE', `“${result.code}” needs the time of the call`, {
      hint: 'give it by the callee’s clock: --at 2026-11-25T14:05',
    });
  }
  const about = floor.clock.now() + (result.afterMin ?? 0) * 60_000;
  return { place, agreed: timeAbout(floor, campaign, called, { ...wish, at: about }) };
}

/** In a talk: where nobody is there to talk to, the call ends, and its outcome says why. */
function hear(floor: Floor, run: AttemptRun, { then }: Result): void {
  const heard = then === 'machine' ? 'machine' : null;
  if (run.mark === heard || !markAttempt(floor, run, heard)) return;
  if (heard !== null && run.state === 'talking') cancel(floor, run);
}
