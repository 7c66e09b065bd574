import { balanceOf, book, compare, createBudget, isOverLimit, keepWindows, priceOf } from './budget.ts';
import type { Pacer, PacingSnapshot } from './contract.ts';
import { estimatesOf, warmUp } from './estimates.ts';
import { createForecast } from './forecast.ts';
import { catchUp, createLearner, distrustClocks, learn, SAMPLE_CALLS, startSample, type Learned } from './learn.ts';
import { countFloor, createBench, riskAllows, type FloorCount } from './predictive.ts';
import { checkPacingSettings, type PacingSettings } from './settings.ts';
import { isDead } from './trunk-health.ts';
import { decided, type Caps } from './why.ts';

/** Whole calls' worth of ringing to see before the answer rate is believed at all. */
const COLD_CALLS = 30;
/** Nothing placed for so long: the next call may be of another shift, list or hour. */
const STALE_MS = 1_800_000;
/** On a shared crew, so many unanswered calls an agent until then. */
const COLD_SHARE = 0.2;
/** How far the price bends for who has less or more than half of the answers under way. */
const COURTESY = 4;
/** Stepping forward, as a logarithm, is at our own cost. */
const MOST_FORWARD = 0.7;
/** Towards campaigns that have placed a call in this time; one with no leads left needs none. */
const COURTESY_MS = 600_000;
/** The forecast is built anew no sooner, and with no news no later. */
const FORECAST_SOONEST_MS = 2000;
const FORECAST_LATEST_MS = 10_000;
/** Of a change of the crew, believed with each forecast. */
const CREW_SHARE = 0.02;
/** A dead trunk is tried once in this time. */
const TRIAL_MS = 1000;
/** Asked each second, a pacer that hears nothing for so long slept, or its clock jumped. */
const GAP_MS = 10_000;
/** Backward steps this small are what a clock's discipline does. */
const STEP_BACK_MS = 1000;

/** Makes a pacer; throws on settings `checkPacingSettings` refuses. A warm start it cannot read is a cold one. */
export function createPacer(settings: PacingSettings, warmStart?: unknown): Pacer {
  const problems = checkPacingSettings(settings);
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  const learner = createLearner(settings);
  const budget = createBudget(settings.target, settings.limit);
  const bench = createBench();
  /** It has learned before, so that a sample tells whether that still holds. */
  let recalls = warmUp(warmStart, learner, budget);
  let warm = recalls;
  const forecast = createForecast(learner.learned, settings.graceMs, settings.machineDetection);
  let builtAt = -Infinity;
  let heardAt = -Infinity;
  /** Working agents, slowly: who goes to lunch for a minute moves no price. */
  let crew = 0;
  let trustedSince = -Infinity;
  let placedAt = budget.lastAt;
  let foreignAt = -Infinity;

  /** Ages from before a jump of the clock teach nothing and promise nothing. */
  function keepTime(at: number): void {
    const jumped = at < heardAt - STEP_BACK_MS || (heardAt !== -Infinity && at > heardAt + GAP_MS);
    if (jumped) {
      distrustClocks(learner);
      trustedSince = at;
      builtAt = -Infinity;
    }
    heardAt = jumped ? at : Math.max(heardAt, at);
  }

  function refresh(now: number, working: number): void {
    const due = learner.news > 0 ? FORECAST_SOONEST_MS : FORECAST_LATEST_MS;
    if (now - builtAt < due) return;
    builtAt = now;
    crew += (working - crew) * (crew === 0 ? 1 : CREW_SHARE);
    catchUp(learner, now, working);
    warm ||= believes(now);
    // What a fixed method hears is learned all the same: the next one may need it.
    if (settings.method === 'predictive') forecast.refresh(learner.shared);
  }

  /** After a rest what was learned is a guess until a first sample of calls, one a free agent, has rung to its end. */
  function wakeUp(now: number): void {
    if (!warm || now - placedAt < STALE_MS) return;
    warm = false;
    recalls = true;
    startSample(learner);
  }

  function believes(now: number): boolean {
    return recalls ? now >= learner.sampledAt + settings.ringTimeoutMs : learner.learned.answers.seen >= COLD_CALLS;
  }

  /** What is learned, for people. */
  function learnedNumbers(price: number): Record<string, number> {
    const { answers, trunk } = learner.learned;
    const { share, error, seen, changes } = answers;
    return {
      answerRate: share,
      answerRateLow: Math.max(0, share - 1.96 * error),
      answerRateHigh: Math.min(1, share + 1.96 * error),
      answerRateChanges: changes,
      needShare: forecast.needShare,
      trunkLost: trunk.fastLost / trunk.fastAll,
      seen: recalls ? Math.min(learner.rung, SAMPLE_CALLS) : seen,
      seenNeeded: recalls ? SAMPLE_CALLS : COLD_CALLS,
      price,
      balance: balanceOf(budget),
      ...ledgerNumbers(),
    };
  }

  function ledgerNumbers(): Record<string, number> {
    return {
      answersDay: budget.day.answers,
      abandonedDay: budget.day.abandoned,
      limit: settings.limit,
      oddities: learner.oddities,
    };
  }

  return {
    observe(event) {
      if (!Number.isFinite(event.at)) {
        learner.oddities += 1;
        return;
      }
      keepTime(event.at);
      if (event.type === 'originated') {
        if (event.foreign === true) foreignAt = event.at;
        else placedAt = event.at;
      }
      const heard = learn(learner, event);
      if (heard === null) return;
      book(budget, event.at, 1, heard.abandoned ? 1 : 0);
      if (heard.placed !== null) compare(budget, heard.placed.risk, heard.placed.price, heard.abandoned);
    },

    decide(snapshot) {
      if (Number.isFinite(snapshot.now)) keepTime(snapshot.now);
      const floor = countFloor(snapshot);
      const caps = capsOf(settings, snapshot, floor);
      const pending = floor.unanswered + floor.waiting;
      keepWindows(budget, heardAt);
      wakeUp(heardAt);
      refresh(heardAt, floor.working);
      if (settings.method !== 'predictive') {
        const over = settings.method === 'ratio' && isOverLimit(budget);
        const times = settings.method === 'ratio' && !over ? settings.ratio : 1;
        const wanted = Math.max(0, Math.floor(times * floor.free) - pending);
        return decided(snapshot, floor, wanted, caps, over ? 'over-limit' : 'agents', ledgerNumbers());
      }
      const { shared } = learner;
      const contested = shared && heardAt < foreignAt + COURTESY_MS;
      const price = priceOf(budget, crew) * (contested ? courtesy(learner.learned, floor) : 1);
      const numbers = learnedNumbers(price);
      // On a shared crew one call a free agent is no safe thing, for others call the same agent: in debt one at a time.
      const safe = shared && balanceOf(budget) < 0 ? Math.max(0, 1 - floor.own) : Infinity;
      const oneEach = Math.min(safe, Math.max(0, floor.free - pending));
      if (floor.working === 0) return decided(snapshot, floor, 0, caps, 'no-agents', numbers);
      if (isDead(learner.learned.trunk)) {
        const due = heardAt >= placedAt + TRIAL_MS || heardAt < placedAt;
        return decided(snapshot, floor, due && floor.free > 0 ? 1 : 0, caps, 'trunk', numbers);
      }
      // On a shared crew the others' calls take every free agent: a few of our own must be let in to learn from.
      const first = learner.shared ? Math.ceil(COLD_SHARE * floor.working) - floor.own : 0;
      if (!warm && first <= 0) return decided(snapshot, floor, oneEach, caps, 'cold-start', numbers);
      const most = Math.min(caps.channels, caps.rate, caps.ratio, warm ? Infinity : first);
      const found = riskAllows(bench, forecast, snapshot, floor.working, trustedSince, price, most);
      if (!warm) return decided(snapshot, floor, Math.max(oneEach, found.originate), caps, 'cold-start', numbers);
      // Where another limit binds, the risk taken says nothing of the price.
      learner.placing = found.risk > price ? { risk: found.taken, price } : { risk: 0, price: 0 };
      numbers.risk = found.risk;
      numbers.expectedFree = found.expectedFree;
      // Not refused up to the caps: it wants one more than they allow.
      const wanted = Math.max(oneEach, found.risk <= price ? found.originate + 1 : found.originate);
      return decided(snapshot, floor, wanted, caps, 'abandonment', numbers);
    },

    estimates: () => estimatesOf(learner, budget),
  };
}

/**
 * On a shared crew the campaign with the higher price would take every agent, and one in debt could never place the calls
 * that would pay it: who has most of the answers under way holds back, who has few steps forward.
 */
function courtesy({ answers, foreignAnswers }: Learned, { own, unanswered }: FloorCount): number {
  const ours = own * answers.share;
  const all = ours + (unanswered - own) * foreignAnswers.share;
  return all === 0 ? 1 : Math.exp(Math.min(MOST_FORWARD, COURTESY * (0.5 - ours / all)));
}

function capsOf(settings: PacingSettings, snapshot: PacingSnapshot, floor: FloorCount): Caps {
  const unanswered = Math.min(Math.floor(settings.maxRatio * floor.working), settings.maxUnanswered);
  return { channels: snapshot.channelsFree, rate: snapshot.rateAllows, ratio: unanswered - floor.unanswered };
}
