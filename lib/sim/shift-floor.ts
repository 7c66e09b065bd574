import { attemptTable, type AttemptEvent, type AttemptState } from '../core/attempt.ts';
import { step } from '../core/machine.ts';
import type { PacedCallState, PacingEvent } from '../core/pacing/contract.ts';
import type { Disposition } from '../core/outcome.ts';
import type { LeadBase } from './lead-base.ts';
import type { Fate } from './model.ts';
import type { CampaignModel } from './scenario.ts';
import { createShiftCrew, CREW_KINDS, type Agent, type ShiftCrew, type World } from './shift-crew.ts';
import { DISPOSITIONS, nextFate } from './shift-fate.ts';
import { newTally, type Tally } from './shift-figures.ts';

/** A call of the shift. */
export interface Call {
  readonly id: string;
  readonly campaign: number;
  /** Of a list that ends; -1: of an endless one. */
  readonly lead: number;
  readonly fate: Fate;
  readonly number: number;
  state: PacedCallState;
  since: number;
  attempt: AttemptState;
  /** Among the live ones. */
  place: number;
  agent: Agent | null;
  /** Of another campaign than the one that is being asked. */
  foreign: boolean;
}

/** What becomes due for calls. */
const RING = CREW_KINDS;
const PICK_UP = CREW_KINDS + 1;
const VERDICT = CREW_KINDS + 2;
const WAITED_OUT = CREW_KINDS + 3;
const MESSAGE_END = CREW_KINDS + 4;
const TALK_END = CREW_KINDS + 5;
const FAIL = CREW_KINDS + 6;
/** The first kind that is neither the crew's nor the calls'. */
export const FLOOR_KINDS = CREW_KINDS + 7;

/** Calls and agents of a shift, moved by the production tables. */
export interface ShiftFloor {
  readonly crew: ShiftCrew;
  readonly live: readonly Call[];
  readonly tallies: readonly Tally[];
  readonly channels: number;
  readonly connects: number;
  readonly waitedMs: number;
  /** False when the campaign's list has nobody to call now. */
  originate(campaign: number): boolean;
  /** The shift is over: leads whose calls are under way learn what became of them. */
  close(): void;
  handle(kind: number, subject: number, version: number): void;
}

/** An empty floor; `tell` is one campaign's ear, `bases` its list: null for an endless one. */
export function createShiftFloor(
  world: World,
  tell: (campaign: number, event: PacingEvent) => void,
  bases: readonly (LeadBase | null)[],
): ShiftFloor {
  const { scenario, queue, minutes, tellAll } = world;
  const tallies: Tally[] = scenario.campaigns.map(newTally);
  /** By number; ended ones are gone. */
  const calls: (Call | undefined)[] = [];
  const live: Call[] = [];
  const waiting: Call[] = [];
  let channels = 0;
  let connects = 0;
  let waitedMs = 0;

  const crew = createShiftCrew(world, (agent) => {
    const call = waiting.shift();
    if (call !== undefined) connect(call, agent);
  });

  function moveCall(call: Call, event: AttemptEvent): void {
    const moved = step(attemptTable, call.attempt, event);
    if (!moved.ok) throw new Error(`call ${call.id}: no ${event} in ${call.attempt}`);
    call.attempt = moved.to;
  }

  function setCall(call: Call, state: PacedCallState): void {
    call.state = state;
    call.since = world.now;
  }

  function leaveFloor(call: Call): void {
    const last = live.pop() as Call;
    if (last !== call) {
      live[call.place] = last;
      last.place = call.place;
    }
  }

  function hangUp(call: Call): void {
    moveCall(call, 'hung-up');
    calls[call.number] = undefined;
    channels -= 1;
  }

  function tellBase(call: Call, disposition: Disposition): void {
    if (call.lead >= 0) (bases[call.campaign] as LeadBase).ended(call.lead, disposition, world.now);
  }

  function originate(campaign: number): boolean {
    const next = nextFate(world, campaign, (tallies[campaign] as Tally).originates, bases[campaign] ?? null);
    if (next === null) return false;
    const { lead, fate } = next;
    const tally = tallies[campaign] as Tally;
    tally.originates += 1;
    minutes.originates[world.minute] = (minutes.originates[world.minute] as number) + 1;
    const number = calls.length;
    const call: Call = {
      id: `c${number}`,
      campaign,
      lead,
      fate,
      number,
      state: 'dialing',
      since: world.now,
      attempt: 'planned',
      place: live.length,
      agent: null,
      foreign: false,
    };
    calls.push(call);
    live.push(call);
    channels += 1;
    moveCall(call, 'originated');
    for (let hearer = 0; hearer < scenario.campaigns.length; hearer += 1) {
      tell(hearer, {
        at: world.now,
        type: 'originated',
        call: call.id,
        ...(hearer === campaign ? {} : { foreign: true }),
      });
    }
    queue.push(world.now + fate.setupMs, DISPOSITIONS[fate.end].rings ? RING : FAIL, number, 0);
    return true;
  }

  function failed(call: Call, reason: Exclude<Fate['end'], 'answer'>): void {
    leaveFloor(call);
    hangUp(call);
    tellBase(call, DISPOSITIONS[reason].as);
    tellAll({ at: world.now, type: 'failed', call: call.id, reason });
  }

  function pickedUp(call: Call): void {
    moveCall(call, 'answered');
    tellAll({ at: world.now, type: 'answered', call: call.id });
    if (call.fate.detectMs === null) wait(call);
    else {
      setCall(call, 'detecting');
      queue.push(world.now + call.fate.detectMs, VERDICT, call.number, 0);
    }
  }

  function verdict(call: Call): void {
    const { takenFor, machine } = call.fate;
    tellAll({ at: world.now, type: 'detected', call: call.id, verdict: takenFor });
    if (takenFor === 'human') return wait(call);
    if (!machine) (tallies[call.campaign] as Tally).silent += 1;
    moveCall(call, 'cancel');
    leaveFloor(call);
    hangUp(call);
    // Taken for a machine: nobody was reached, and the lead is tried again as after ringing in vain.
    tellBase(call, 'no-answer');
  }

  function wait(call: Call): void {
    setCall(call, 'waiting');
    const agent = crew.longestFree();
    if (agent !== null) return connect(call, agent);
    waiting.push(call);
    queue.push(
      world.now + 1000 * (scenario.campaigns[call.campaign] as CampaignModel).graceS,
      WAITED_OUT,
      call.number,
      0,
    );
  }

  function countAnswer(call: Call, abandoned: boolean): void {
    if (call.fate.machine) return;
    const tally = tallies[call.campaign] as Tally;
    tally.answers += 1;
    minutes.answers[world.minute] = (minutes.answers[world.minute] as number) + 1;
    if (!abandoned) return;
    tally.abandoned += 1;
    minutes.abandoned[world.minute] = (minutes.abandoned[world.minute] as number) + 1;
  }

  function connect(call: Call, agent: Agent): void {
    countAnswer(call, false);
    if (call.fate.machine) (tallies[call.campaign] as Tally).machinesMet += 1;
    connects += 1;
    waitedMs += world.now - call.since;
    moveCall(call, 'agent-reserved');
    crew.move(agent, 'reserve');
    moveCall(call, 'bridged');
    crew.move(agent, 'bridged');
    agent.withMachine = call.fate.machine;
    call.agent = agent;
    setCall(call, 'talking');
    tellAll({ at: world.now, type: 'connected', call: call.id, agent: agent.id });
    queue.push(world.now + call.fate.talkMs, TALK_END, call.number, 0);
  }

  function waitedOut(call: Call): void {
    if (call.attempt !== 'answered') return;
    waiting.splice(waiting.indexOf(call), 1);
    countAnswer(call, true);
    moveCall(call, 'waited-out');
    leaveFloor(call);
    tellBase(call, 'abandoned');
    tellAll({ at: world.now, type: 'abandoned', call: call.id });
    queue.push(
      world.now + 1000 * (scenario.campaigns[call.campaign] as CampaignModel).messageS,
      MESSAGE_END,
      call.number,
      0,
    );
  }

  function talkEnded(call: Call): void {
    leaveFloor(call);
    hangUp(call);
    tellBase(call, 'talked');
    crew.callEnded(call.agent as Agent, call.id, call.fate.wrapUpMs);
  }

  function ringing(call: Call): void {
    moveCall(call, 'rang');
    setCall(call, 'ringing');
    tellAll({ at: world.now, type: 'ringing', call: call.id });
    queue.push(world.now + call.fate.ringMs, call.fate.end === 'answer' ? PICK_UP : FAIL, call.number, 0);
  }

  function messageEnded(call: Call): void {
    moveCall(call, 'message-played');
    hangUp(call);
  }

  const steps: Readonly<Record<number, (call: Call) => void>> = {
    [RING]: ringing,
    [PICK_UP]: pickedUp,
    [VERDICT]: verdict,
    [WAITED_OUT]: waitedOut,
    [MESSAGE_END]: messageEnded,
    [TALK_END]: talkEnded,
    [FAIL]: (call) => failed(call, call.fate.end === 'answer' ? 'no-answer' : call.fate.end),
  };

  return {
    crew,
    live,
    tallies,
    get channels() {
      return channels;
    },
    get connects() {
      return connects;
    },
    get waitedMs() {
      return waitedMs;
    },
    originate,
    close() {
      for (const call of live) tellBase(call, call.state === 'talking' ? 'talked' : 'cancelled');
    },
    handle(kind, subject, version) {
      if (kind < CREW_KINDS) return crew.handle(kind, crew.agents[subject] as Agent, version);
      const call = calls[subject];
      if (call !== undefined) steps[kind]?.(call);
    },
  };
}
