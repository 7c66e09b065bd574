import { phoneToInteger } from '../core/phone.ts';
import { takesTime, type Result } from '../core/result.ts';
import { ObzvonError } from '../errors.ts';
import { GLOBAL_OPT_OUT } from '../store/opt-outs.ts';
import { cancel, followResult } from './attempt-run.ts';
import { dropCallback } from './callback-moves.ts';
import { agree } from './callbacks.ts';
import type { AgentRun, AttemptRun, Floor } from './floor.ts';
import { optOut } from './opt-outs.ts';
import { heedNumber, type Talk } from './result-moves.ts';

/** What an agent says besides the result's code. */
export interface Said {
  /** By which way: `digits`, `cli`, `socket`. */
  readonly source: string;
  readonly note: string | null;
  /** When to call back, epoch ms; null: after the result's own time. */
  readonly at: number | null;
}

/** The talk an agent may give the result of: the one going on, or the one just ended; null: none. */
export function talkOf(agent: AgentRun): AttemptRun | null {
  const talk = agent.attempt ?? agent.lastCall;
  return talk === null || talk.bridgedAt === null ? null : talk;
}

/**
 * Records what an agent says of a talk and follows it through, in one transaction; whatever confirms it is to be said
 * after this returns. The newest word on a talk counts, also long after it; a lead that was called again since keeps the
 * course of that call, and an opt-out stays whatever is said later. Throws USAGE when the time of a callback does not do.
 */
export function giveResult(
  floor: Floor,
  talk: Talk & { readonly agent: string | null },
  result: Result,
  said: Said,
): void {
  const { store, clock } = floor;
  const now = clock.now();
  const dueAt = dueOf(result, said, now);
  floor.act(() => {
    const { id, campaign, agent } = talk;
    const { code, stage, target, then } = result;
    const { source, note } = said;
    const before = store.results.of(id)?.code;
    const row = { attempt: id, campaign: campaign.id, lead: talk.lead, agent, code, stage, target, note, source };
    store.results.insert(row, now);
    const data = { code, agent, source, ...(before === undefined ? {} : { before }) };
    store.journal.write({ at: now, subject: 'attempt', id, event: 'result', data });
    floor.then(() => floor.log.info({ attempt: id, lead: talk.lead, ...data }, 'result given'));
    if (store.results.isLatest(id, talk.lead)) store.leads.setResult(talk.lead, code, now);
    if (then === 'opt-out') {
      optOut(floor, talk.phone, { ...GLOBAL_OPT_OUT, source: agent === null ? source : `agent ${agent}`, attempt: id });
    }
    if (store.results.calledSince(id, talk.lead)) return;
    heedNumber(floor, talk, before, result);
    const open = store.callbacks.openOf(talk.lead);
    const lead = store.leads.byId(talk.lead);
    if (dueAt !== null && lead !== undefined && lead.state !== 'opted-out') {
      const place =
        store.leads.numbersOf(lead.id).find((one) => one.phone === phoneToInteger(talk.phone))?.place ?? lead.place;
      agree(floor, campaign, lead, { kind: 'promised', dueAt, agent, source: id, note, place });
    } else if (open?.state === 'waiting') dropCallback(floor, talk.lead, `result ${code}`);
    const run = floor.attempts.get(id);
    if (run === undefined && then !== 'callback' && then !== 'opt-out') followResult(floor, talk);
    if (run !== undefined) mark(floor, run, then === 'machine' ? 'machine' : null);
  });
}

/** When the callback of this result is due; null: it has none. */
function dueOf(result: Result, { at }: Said, now: number): number | null {
  if (result.then !== 'callback') {
    if (at === null) return null;
    throw new ObzvonError('USAGE', `after “${result.code}” nobody is called back: it takes no time`);
  }
  if (takesTime(result) && at === null) {
    throw new ObzvonError('USAGE', `“${result.code}” needs the time of the call`, {
      hint: 'give it in the callee’s own time: --at 2026-11-25T14:05',
    });
  }
  return at ?? now + (result.afterMin ?? 0) * 60_000;
}

/** Nobody is there to talk to: the call ends, and its outcome says why. */
function mark(floor: Floor, run: AttemptRun, heard: AttemptRun['mark']): void {
  if (run.mark === heard) return;
  run.mark = heard;
  floor.store.attempts.setMark(run.id, heard);
  if (heard !== null && run.state === 'talking') cancel(floor, run);
}
