import type { AttemptId } from '../../lib/core/attempt.ts';
import { phoneToInteger } from '../../lib/core/phone.ts';
import { cancel, close, end, moveAttempt } from '../../lib/dialer/attempt-run.ts';
import type { AttemptRun, Floor } from '../../lib/dialer/floor.ts';
import { optOut } from '../../lib/dialer/opt-outs.ts';
import type { Pbx, PbxEvent } from '../../lib/dialer/pbx.ts';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
import { agree } from '../../lib/dialer/agree.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import { streamOf } from '../../lib/sim/model.ts';
import { DRAW, HOUR_MS, indexOf } from './month-base.ts';
import type { MonthClock } from './month-clock.ts';
import { fateOf, localHourAt, type Fate } from './month-people.ts';

/** One originate as the PBX saw it; no part of the dialer writes it. */
export interface Witnessed {
  readonly attempt: AttemptId;
  /** As an integer. */
  readonly phone: number;
  readonly at: number;
}

/** The networks and the people behind them: a PBX whose events come by the month's clock. */
export interface World extends Pbx {
  readonly witness: readonly Witnessed[];
  /** Called once the engine's floor is there. */
  live(floor: Floor): void;
}

/** Who talks to those who are no callbacks. */
const CREW = 'crew';
const LEG_MS = 100;
const SILENT = new Promise<never>(() => undefined);

/** Each number's people are drawn by the seed; what they do depends on nothing but which call it is, and the hour. */
export function createWorld(clock: MonthClock, seed: number, zoneOf: (lead: number) => string | null): World {
  const witness: Witnessed[] = [];
  const calls = new Map<number, number>();
  let floor: Floor | undefined;
  let listener: ((event: PbxEvent) => void) | undefined;

  /** The moves the dialer makes for such a call, each at its own time. */
  function happen(on: Floor, run: AttemptRun, { kind, ringMs, answerMs, endMs, hangUp, says }: Fate): void {
    const begun = clock.now();
    const later = (ms: number, act: () => void): void =>
      clock.at(begun + ms, () => {
        // Called off meanwhile: what was on its way does not happen any more.
        if (run.state !== 'ended' && run.state !== 'lost') act();
      });
    const rangAt = ringMs === null ? null : begun + ringMs;
    const hungUp = (): void => end(on, run, { ...hangUp, rangAt, answeredAt: run.answeredAt }, 'event', clock.now());
    const answer = (): void => {
      if (run.state === 'ending') return;
      moveAttempt(on, run, 'originated', { originated_at: begun });
      moveAttempt(on, run, 'answered', { answered_at: clock.now(), ...(rangAt === null ? {} : { rang_at: rangAt }) });
    };
    const talk = (): void => {
      answer();
      if (run.state !== 'answered') return;
      // A callback has its agent already; the crew of the other calls is counted by pacing, not played.
      moveAttempt(on, run, 'agent-reserved', { agent: run.agent?.id ?? CREW });
      moveAttempt(on, run, 'bridged', { bridged_at: clock.now() });
      if (run.agent !== null) moveAgent(on, run.agent, 'bridged');
    };
    switch (kind) {
      case 'unanswered':
        later(endMs, hungUp);
        return;
      case 'talk':
      case 'machine':
        later(answerMs ?? 0, talk);
        later(endMs - 2_000, () => say(on, run, says));
        later(endMs, hungUp);
        return;
      case 'opt-out':
        later(answerMs ?? 0, talk);
        later(endMs - 3_000, () => {
          optOut(on, run.phone, { ...GLOBAL_OPT_OUT, source: 'dtmf', attempt: run.id }, run);
        });
        later(endMs, hungUp);
        return;
      case 'abandoned':
        later(answerMs ?? 0, answer);
        later((answerMs ?? 0) + run.campaign.spec.answerLimitMs, () => moveAttempt(on, run, 'waited-out'));
        later(endMs, hungUp);
        return;
      case 'cancelled':
        later(endMs - 1_000, () => cancel(on, run));
        later(endMs, hungUp);
        return;
      case 'lost':
        later(endMs, () => close(on, run, 'vanished', 'unknown', { witness: 'survey' }));
        return;
      case 'refused':
        later(endMs, () => close(on, run, 'originate-refused', 'not-placed', { witness: 'daemon' }));
        return;
    }
  }

  /** What the person tells the agent, who enters it. */
  function say(on: Floor, run: AttemptRun, says: Fate['says']): void {
    if (run.state !== 'talking') return;
    if (says === 'never') optOut(on, run.phone, { ...GLOBAL_OPT_OUT, source: 'agent', attempt: run.id });
    const lead = on.store.leads.byId(run.lead);
    if (says !== 'later' || lead === undefined) return;
    const random = streamOf(seed, DRAW.talk, witness.length);
    const dueAt = clock.now() + HOUR_MS + Math.floor(48 * random()) * HOUR_MS + Math.floor(60 * random()) * 60_000;
    const agent = random() < 0.5 ? (run.agent?.id ?? null) : null;
    agree(on, run.campaign, lead, { kind: 'promised', dueAt, agent, source: run.id });
  }

  return {
    witness,
    live(given) {
      floor = given;
    },
    async start(to) {
      listener = to;
      listener({ type: 'pbx.up', at: clock.now(), restarted: false });
    },
    async stop() {
      listener = undefined;
    },
    originate(permitted) {
      const { attempt, phone } = permitted.redeem(clock);
      const run = floor?.attempts.get(attempt);
      if (floor === undefined || run === undefined) throw new Error(`${attempt} was placed and is not live`);
      const number = indexOf(phone);
      const nth = calls.get(number) ?? 0;
      calls.set(number, nth + 1);
      const fate = fateOf(seed, number, nth, localHourAt(zoneOf(run.lead), clock.now()));
      // What the PBX refuses is no call.
      if (fate.kind !== 'refused') witness.push({ attempt, phone: phoneToInteger(phone), at: clock.now() });
      happen(floor, run, fate);
      // The driver says what follows, at its time.
      return SILENT;
    },
    bridge: () => SILENT,
    play: () => SILENT,
    bridgeCaller: () => SILENT,
    dismiss: async () => undefined,
    hangUp: async () => undefined,
    extend: async () => undefined,
    connectAgent: async (agent) => {
      clock.at(clock.now() + LEG_MS, () => listener?.({ type: 'agent.up', at: clock.now(), agent }));
    },
    announce: async () => undefined,
    disconnectAgent: async () => undefined,
    survey: async () => ({ attempts: new Map(), callers: new Map(), agents: new Set() }),
    recall: async () => new Map(),
    trunkState: async () => 'up',
  };
}
