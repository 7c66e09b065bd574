import { createAnswerRate, updateAnswerRate, type AnswerRate } from './answer-rate.ts';
import type { PacingEvent } from './contract.ts';
import { STEP_MS } from './course.ts';
import { createRace, ended, evenEdges, ran, settle, wideningEdges, type Race } from './race.ts';
import type { PacingSettings } from './settings.ts';
import { createTrunkHealth, notePlaced, type TrunkHealth } from './trunk-health.ts';

/** Everything learned of calls and agents. */
export interface Learned {
  readonly setup: Race;
  readonly ring: Race;
  readonly detect: Race;
  readonly talk: Race;
  readonly wrapUp: Race;
  readonly answers: AnswerRate;
  /** Of the other campaigns on this crew: their lists are not ours. */
  readonly foreignRing: Race;
  readonly foreignAnswers: AnswerRate;
  readonly trunk: TrunkHealth;
}

/** A stage someone is in, and up to when its time was counted; null: its clock is not to be trusted. */
interface Running {
  race: Race | null;
  since: number;
  countedTo: number;
  /** The risk a call was placed with and the price it was placed at; price 0: unknown. */
  risk: number;
  price: number;
  readonly foreign: boolean;
}

/** What the events say is going on. */
export interface Learner {
  readonly learned: Learned;
  readonly calls: Map<string, Running>;
  readonly agents: Map<string, Running>;
  /** Calls that ended of late, oldest first. */
  readonly ended: Set<string>;
  readonly machineDetection: boolean;
  /** Another campaign shares the crew. */
  shared: boolean;
  /** What the next originates are placed with. */
  placing: { readonly risk: number; readonly price: number };
  /** Events that did not fit what was known; harmless. */
  oddities: number;
  /** Calls of the sample that began to ring. */
  rung: number;
  /** When the last of them did; Infinity: not yet. */
  sampledAt: number;
  /** New ends since the last `catchUp`. */
  news: number;
}

/** Calls of a first sample. */
export const SAMPLE_CALLS = 10;

/** Nobody stays in a stage longer: a missed end. */
const LONGEST_CALL_STAGE_MS = 180_000;
const REMEMBERED_CALLS = 1000;
const LONGEST_AGENT_STAGE_MS = 4 * 3_600_000;

/** A learner that knows what the settings expect and no more. */
export function createLearner(settings: PacingSettings): Learner {
  const ringSpans = Math.ceil((settings.ringTimeoutMs + 2000) / STEP_MS);
  const wrapUpMs = Math.max(500, settings.expectedWrapUpMs);
  const learned: Learned = {
    setup: createRace(evenEdges(STEP_MS, ringSpans), 1000, logistic(1800, 3.5), 3),
    ring: ringRace(ringSpans),
    detect: createRace(evenEdges(STEP_MS, 20), 500, (age) => Math.exp(-age / 1500), 2),
    talk: createRace(wideningEdges(2000, 1.25, 1_800_000), 500, (age) => Math.exp(-age / settings.expectedTalkMs), 3),
    wrapUp: createRace(wideningEdges(1000, 1.25, 600_000), 500, logistic(wrapUpMs, 3.2), 3),
    answers: createAnswerRate(ringSpans, settings.ringTimeoutMs),
    foreignRing: ringRace(ringSpans),
    foreignAnswers: createAnswerRate(ringSpans, settings.ringTimeoutMs),
    trunk: createTrunkHealth(),
  };
  return {
    learned,
    calls: new Map(),
    agents: new Map(),
    ended: new Set(),
    machineDetection: settings.machineDetection,
    shared: false,
    placing: { risk: 0, price: 0 },
    oddities: 0,
    rung: 0,
    sampledAt: Infinity,
    news: 0,
  };
}

function ringRace(spans: number): Race {
  const pickUp = logistic(8000, 3.2);
  return createRace(evenEdges(STEP_MS, spans), 1500, (age) => 1 - 0.4 * (1 - pickUp(age)), 4);
}

/** Survival of a log-logistic time: near enough to a log-normal of that median, with a fatter tail. */
function logistic(medianMs: number, shape: number): (ageMs: number) => number {
  return (ageMs) => 1 / (1 + (ageMs / medianMs) ** shape);
}

/** What the balance must hear of an event. */
export interface Heard {
  readonly abandoned: boolean;
  /** As its call was placed; null: not known to this pacer, or placed before it had learned enough. */
  readonly placed: { readonly risk: number; readonly price: number } | null;
}

/** Takes one event in; anything that does not fit is counted and moves nothing. */
export function learn(learner: Learner, event: PacingEvent): Heard | null {
  const { learned, calls } = learner;
  switch (event.type) {
    case 'originated': {
      if (calls.has(event.call) || learner.ended.has(event.call)) return odd(learner);
      const foreign = event.foreign === true;
      if (foreign) learner.shared = true;
      const { at } = event;
      calls.set(event.call, { race: learned.setup, since: at, countedTo: at, ...learner.placing, foreign });
      return null;
    }
    case 'ringing':
      return ringing(learner, event.call, event.at);
    case 'answered': {
      const call = calls.get(event.call);
      if (call?.race === learned.setup) ringing(learner, event.call, event.at);
      if (call === undefined || (call.race !== null && call.race !== ringOf(learned, call))) return odd(learner);
      finish(learner, call, event.at, true);
      const detects = call.race !== null && learner.machineDetection && !call.foreign;
      enter(call, detects ? learned.detect : null, event.at);
      return null;
    }
    case 'detected': {
      const call = calls.get(event.call);
      if (call === undefined) return odd(learner);
      finish(learner, call, event.at, event.verdict === 'human');
      if (event.verdict === 'machine') forget(learner, event.call);
      else enter(call, null, event.at);
      return null;
    }
    case 'connected':
      enterAgent(learner, event.agent, learned.talk, event.at);
      return heardOf(learner, event, event.late === true);
    case 'abandoned':
      return heardOf(learner, event, true);
    case 'failed':
      failed(learner, event.call, event.at, event.reason);
      return null;
    case 'talk-ended':
      return endAgent(learner, event.agent, learned.talk, event.at, learned.wrapUp);
    case 'wrap-up-ended':
      return endAgent(learner, event.agent, learned.wrapUp, event.at, null);
    case 'agent':
      agentMoved(learner, event.agent, event.state, event.at);
      return null;
    case 'agent-request':
      return null;
  }
}

function heardOf(learner: Learner, event: { call: string; foreign?: boolean }, abandoned: boolean): Heard | null {
  const call = learner.calls.get(event.call);
  if (call === undefined) {
    if (learner.ended.has(event.call)) return odd(learner);
    remember(learner, event.call);
    // From before a restart: what it owes is owed, its answer is no statistic.
    return abandoned && event.foreign !== true ? { abandoned, placed: null } : null;
  }
  forget(learner, event.call);
  return call.foreign ? null : { abandoned, placed: call.price === 0 ? null : call };
}

function forget(learner: Learner, id: string): void {
  learner.calls.delete(id);
  remember(learner, id);
}

/** So that an end told twice counts once. */
function remember({ ended }: Learner, id: string): void {
  ended.add(id);
  if (ended.size > REMEMBERED_CALLS) for (const oldest of ended) return void ended.delete(oldest);
}

function ringOf(learned: Learned, call: Running): Race {
  return call.foreign ? learned.foreignRing : learned.ring;
}

function ringing(learner: Learner, id: string, at: number): null {
  const call = learner.calls.get(id);
  if (call === undefined) return odd(learner);
  if (call.race === null) return null;
  if (call.race !== learner.learned.setup) return odd(learner);
  notePlaced(learner.learned.trunk, false);
  learner.rung += 1;
  if (learner.rung === SAMPLE_CALLS) learner.sampledAt = at;
  finish(learner, call, at, true);
  enter(call, call.race === null ? null : ringOf(learner.learned, call), at);
  return null;
}

function failed(learner: Learner, id: string, at: number, reason: string): void {
  const { learned, calls } = learner;
  const call = calls.get(id);
  if (call === undefined) return void odd(learner);
  forget(learner, id);
  if (call.race === learned.setup && reason !== 'cancelled') notePlaced(learned.trunk, reason === 'trunk');
  const ofTheList = reason !== 'cancelled' && reason !== 'trunk';
  if (ofTheList && call.race !== learned.detect) finish(learner, call, at, false);
  else run(learner, call, at);
}

function agentMoved(learner: Learner, id: string, state: string, at: number): void {
  const agent = learner.agents.get(id);
  if (agent === undefined || state === 'talking' || state === 'finishing' || state === 'leaving') return;
  if (state === 'wrap-up') {
    if (agent.race === learner.learned.talk) endAgent(learner, id, learner.learned.talk, at, learner.learned.wrapUp);
    return;
  }
  if (state === 'available' && agent.race === learner.learned.wrapUp) {
    endAgent(learner, id, learner.learned.wrapUp, at, null);
    return;
  }
  // Cut short by a pause, a logout or a lost leg: it ran so long, and did not end of itself.
  run(learner, agent, at);
  learner.agents.delete(id);
}

function enterAgent(learner: Learner, id: string, race: Race, at: number): void {
  const agent = learner.agents.get(id);
  if (agent?.race === race && agent.since === at) return void odd(learner);
  if (agent !== undefined) run(learner, agent, at);
  learner.agents.set(id, { race, since: at, countedTo: at, risk: 0, price: 0, foreign: false });
}

function endAgent(learner: Learner, id: string, race: Race, at: number, next: Race | null): null {
  const agent = learner.agents.get(id);
  if (agent === undefined) return odd(learner);
  if (agent.race !== null && agent.race !== race) return odd(learner);
  finish(learner, agent, at, true);
  if (next === null) learner.agents.delete(id);
  else enter(agent, next, at);
  return null;
}

function enter(running: Running, race: Race | null, at: number): void {
  running.race = race;
  running.since = at;
  running.countedTo = at;
}

function run(learner: Learner, running: Running, to: number): void {
  if (running.race === null) return;
  if (to < running.countedTo) {
    learner.oddities += 1;
    running.race = null;
    return;
  }
  ran(running.race, running.countedTo - running.since, to - running.since);
  running.countedTo = to;
}

function finish(learner: Learner, running: Running, at: number, won: boolean): void {
  run(learner, running, at);
  if (running.race === null) return;
  ended(running.race, at - running.since, won);
  learner.news += 1;
}

function odd(learner: Learner): null {
  learner.oddities += 1;
  return null;
}

/** Counts the time of what is still running and takes all that is fresh into memory. */
export function catchUp(learner: Learner, now: number, agents: number): void {
  const { learned, calls } = learner;
  prune(learner, calls, now, LONGEST_CALL_STAGE_MS);
  prune(learner, learner.agents, now, LONGEST_AGENT_STAGE_MS);
  updateAnswerRate(learned.answers, learned.ring, agents);
  if (learner.shared) updateAnswerRate(learned.foreignAnswers, learned.foreignRing, agents);
  const { setup, ring, foreignRing, detect, talk, wrapUp } = learned;
  for (const race of [setup, ring, foreignRing, detect, talk, wrapUp]) settle(race);
  learner.news = 0;
}

function prune(learner: Learner, running: Map<string, Running>, now: number, longestMs: number): void {
  for (const [id, one] of running) {
    if (now - one.since > longestMs) {
      running.delete(id);
      learner.oddities += 1;
    } else if (one.race !== null && now > one.countedTo) run(learner, one, now);
  }
}

/** A sample begins. */
export function startSample(learner: Learner): void {
  learner.rung = 0;
  learner.sampledAt = Infinity;
}

/** The clock jumped: what runs keeps its place but its times teach nothing. */
export function distrustClocks(learner: Learner): void {
  learner.oddities += 1;
  for (const running of [learner.calls, learner.agents]) for (const one of running.values()) one.race = null;
}
