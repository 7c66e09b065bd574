import type { AttemptId } from '../core/attempt.ts';
import type { Phone } from '../core/phone.ts';
import type { Cancel, Clock } from '../clock.ts';
import {
  PbxError,
  type AgentId,
  type CallerId,
  type Pbx,
  type PbxEvent,
  type PbxRecord,
  type PbxSurvey,
} from '../dialer/pbx.ts';
import type { Permit, PermittedAttempt } from '../store/permits.ts';
import type { Callees } from './callees.ts';
import type { Random } from './random.ts';

interface Channel {
  readonly permit: Permit;
  state: 'down' | 'ringing' | 'up';
  agent: AgentId | null;
  rangAt: number | null;
  answeredAt: number | null;
  readonly startedAt: number;
  readonly timers: Set<Cancel>;
}

export interface SimulatedPbxParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly callees: Callees;
  /** How long a command takes, ms. */
  readonly latencyMs?: number;
  /** How long a message plays, ms. */
  readonly messageMs?: number;
  /** How long an agent's phone takes to answer, ms. */
  readonly agentAnswerMs?: number;
}

/** What happened to a callee's channel, as the wire has it. */
export type WireEvent =
  | { readonly what: 'placed'; readonly at: number; readonly attempt: AttemptId; readonly permit: Permit }
  | { readonly what: 'bridged'; readonly at: number; readonly attempt: AttemptId; readonly agent: AgentId }
  | {
      readonly what: 'rang' | 'answered' | 'told' | 'ended';
      readonly at: number;
      readonly attempt: AttemptId;
    };

/** The simulated PBX and the handles tests and the simulator turn. */
export interface SimulatedPbx extends Pbx {
  /** Every originate that reached the PBX, in order: the witness no daemon can talk to. */
  readonly placed: readonly Permit[];
  /** All that happened on the wire, in order, whether anybody listened or not. */
  readonly wire: readonly WireEvent[];
  /** Most live channels one number ever had at a time. */
  readonly mostPerNumber: () => number;
  /** The connection goes; calls live on, events are lost. `restore` brings it back. */
  drop(reason: string): void;
  restore(): void;
  /** The PBX process dies and comes back: every channel and leg is gone. */
  restart(): void;
  /** The agent's phone hangs up. */
  hangUpAgent(agent: AgentId): void;
  /** The agent presses these keys, one right after another; nothing when his phone has no leg. */
  pressAgent(agent: AgentId, keys: string): void;
  /** Sounds agents heard, in order. */
  readonly announced: readonly { readonly agent: AgentId; readonly sound: string }[];
  setTrunk(trunk: string, up: boolean): void;
  /** A person calls one of our numbers; null: his number is withheld. */
  callIn(phone: Phone | null, line: Phone): CallerId;
  /** He presses a key. */
  pressCaller(caller: CallerId, digit: string): void;
  /** He hangs up. */
  hangUpCaller(caller: CallerId): void;
  /** Callers on the line now, and in whose bridge. */
  readonly callers: ReadonlyMap<CallerId, AgentId | null>;
}

/** A PBX of data and timers: the same port, the same order of events as the real one, on any clock. */
export function createSimulatedPbx(parts: SimulatedPbxParts): SimulatedPbx {
  const { clock, random } = parts;
  const latencyMs = parts.latencyMs ?? 3;
  const channels = new Map<AttemptId, Channel>();
  const legs = new Map<AgentId, { up: boolean; timer: Cancel | null }>();
  const records = new Map<AttemptId, PbxRecord>();
  const placed: Permit[] = [];
  const wire: WireEvent[] = [];
  const announced: { agent: AgentId; sound: string }[] = [];
  const trunks = new Map<string, boolean>();
  const used = new Set<AttemptId>();
  const callers = new Map<CallerId, AgentId | null>();
  let called = 0;
  let listener: ((event: PbxEvent) => void) | null = null;
  let connected = false;
  let mostPerNumber = 0;

  const emit = (event: PbxEvent): void => {
    if (connected) listener?.(event);
  };

  /** A command: settles after the latency, `unclear` when the connection is gone by then. */
  function command<T>(act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!connected) {
        reject(new PbxError('unclear', 'the PBX is not connected'));
        return;
      }
      clock.after(latencyMs, () => {
        try {
          const result = act();
          if (connected) resolve(result);
          else reject(new PbxError('unclear', 'the connection went before the reply'));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  function later(channel: Channel, ms: number, act: () => void): void {
    const cancel = clock.after(ms, () => {
      channel.timers.delete(cancel);
      act();
    });
    channel.timers.add(cancel);
  }

  function place(permit: Permit): void {
    const id = permit.attempt;
    if (used.has(id)) throw new PbxError('refused', `channel ${id} exists already`);
    used.add(id);
    placed.push(permit);
    wire.push({ what: 'placed', at: clock.now(), attempt: id, permit });
    const channel: Channel = {
      permit,
      state: 'down',
      agent: null,
      rangAt: null,
      answeredAt: null,
      startedAt: clock.now(),
      timers: new Set(),
    };
    channels.set(id, channel);
    records.set(id, { startedAt: clock.now(), answeredAt: null, endedAt: null, cause: null, sipCode: null });
    const same = [...channels.values()].filter((other) => other.permit.phone === permit.phone).length;
    mostPerNumber = Math.max(mostPerNumber, same);
    later(channel, permit.ringTimeoutMs, () => destroy(id, 19, 480, false));
    const plan =
      trunks.get(permit.trunk) === false ? ({ kind: 'silence' } as const) : parts.callees(permit.phone, random);
    switch (plan.kind) {
      case 'silence':
        return;
      case 'ring':
        later(channel, 50, () => ring(id));
        return;
      case 'refuse':
        if (plan.rings) later(channel, Math.min(50, plan.afterMs), () => ring(id));
        later(channel, plan.afterMs, () => destroy(id, plan.cause, plan.sipCode, true));
        return;
      case 'answer':
        later(channel, Math.min(50, plan.ringMs), () => ring(id));
        later(channel, plan.ringMs, () => {
          pickUp(id);
          if (plan.talkMs !== null) later(channel, plan.talkMs, () => destroy(id, 16, null, true));
          if (plan.digit !== undefined) {
            const { afterMs, digit } = plan.digit;
            later(channel, afterMs, () => emit({ type: 'attempt.digit', at: clock.now(), attempt: id, digit }));
          }
        });
        return;
    }
  }

  function ring(id: AttemptId): void {
    const channel = channels.get(id);
    if (channel === undefined || channel.state !== 'down') return;
    channel.state = 'ringing';
    wire.push({ what: 'rang', at: clock.now(), attempt: id });
    channel.rangAt = clock.now();
    emit({ type: 'attempt.rang', at: clock.now(), attempt: id, sipCallId: `sim-${id}` });
  }

  function pickUp(id: AttemptId): void {
    const channel = channels.get(id);
    if (channel === undefined) return;
    for (const cancel of channel.timers) cancel();
    channel.timers.clear();
    channel.state = 'up';
    channel.answeredAt = clock.now();
    wire.push({ what: 'answered', at: clock.now(), attempt: id });
    const record = records.get(id);
    if (record !== undefined) records.set(id, { ...record, answeredAt: clock.now() });
    emit({ type: 'attempt.answered', at: clock.now(), attempt: id, sipCallId: `sim-${id}` });
    // Nobody listens: the dialplan's fallback apologises and hangs up.
    if (!connected) later(channel, 3_000, () => destroy(id, 16, null, false));
  }

  function destroy(id: AttemptId, cause: number, sipCode: number | null, byFarSide: boolean): void {
    const channel = channels.get(id);
    if (channel === undefined) return;
    for (const cancel of channel.timers) cancel();
    channels.delete(id);
    wire.push({ what: 'ended', at: clock.now(), attempt: id });
    const record = records.get(id);
    if (record !== undefined) records.set(id, { ...record, endedAt: clock.now(), cause, sipCode: null });
    const { rangAt, answeredAt } = channel;
    emit({ type: 'attempt.hung-up', at: clock.now(), attempt: id, cause, sipCode, byFarSide, rangAt, answeredAt });
  }

  function endLeg(agent: AgentId, reason: string): void {
    const leg = legs.get(agent);
    if (leg === undefined) return;
    leg.timer?.();
    legs.delete(agent);
    for (const channel of channels.values()) if (channel.agent === agent) channel.agent = null;
    for (const [caller, withWhom] of callers) if (withWhom === agent) callers.set(caller, null);
    emit({ type: 'agent.down', at: clock.now(), agent, reason });
  }

  function endCaller(caller: CallerId): void {
    if (callers.delete(caller)) emit({ type: 'caller.hung-up', at: clock.now(), caller });
  }

  function live(id: AttemptId): Channel {
    const channel = channels.get(id);
    if (channel === undefined) throw new PbxError('gone', `channel ${id} is gone`);
    return channel;
  }

  return {
    placed,
    wire,
    announced,
    mostPerNumber: () => mostPerNumber,
    async start(to) {
      listener = to;
      connected = true;
      emit({ type: 'pbx.up', at: clock.now(), restarted: false });
    },
    async stop() {
      connected = false;
      listener = null;
    },
    async originate(permitted: PermittedAttempt) {
      const permit = permitted.redeem(clock);
      await command(() => place(permit));
    },
    bridge: (attempt, agent) =>
      command(() => {
        const channel = live(attempt);
        if (legs.get(agent)?.up !== true) throw new PbxError('gone', `agent ${agent} has no leg`);
        if (channel.state !== 'up') throw new PbxError('gone', `channel ${attempt} is not up`);
        channel.agent = agent;
        wire.push({ what: 'bridged', at: clock.now(), attempt, agent });
      }),
    play: (attempt) =>
      command(() => {
        const channel = live(attempt);
        channel.agent = null;
        wire.push({ what: 'told', at: clock.now(), attempt });
        later(channel, parts.messageMs ?? 2_000, () =>
          emit({ type: 'attempt.message-played', at: clock.now(), attempt }),
        );
      }),
    bridgeCaller: (caller, agent) =>
      command(() => {
        if (!callers.has(caller)) throw new PbxError('gone', `caller ${caller} is gone`);
        if (legs.get(agent)?.up !== true) throw new PbxError('gone', `agent ${agent} has no leg`);
        callers.set(caller, agent);
      }),
    dismiss: (caller, message) =>
      command(() => {
        if (!callers.has(caller)) throw new PbxError('gone', `caller ${caller} is gone`);
        callers.set(caller, null);
        clock.after(message === null ? 0 : (parts.messageMs ?? 2_000), () => endCaller(caller));
      }),
    hangUp: (attempt) =>
      command(() => {
        if (channels.has(attempt)) destroy(attempt, 16, null, false);
      }),
    extend: (attempt) => command(() => void live(attempt)),
    connectAgent: (agent) =>
      command(() => {
        if (legs.get(agent)?.up === true) {
          emit({ type: 'agent.up', at: clock.now(), agent });
          return;
        }
        const leg: { up: boolean; timer: Cancel | null } = { up: false, timer: null };
        legs.set(agent, leg);
        leg.timer = clock.after(parts.agentAnswerMs ?? 100, () => {
          leg.up = true;
          emit({ type: 'agent.up', at: clock.now(), agent });
        });
      }),
    disconnectAgent: (agent) => command(() => endLeg(agent, 'logged out')),
    announce: (agent, sound) =>
      command(() => {
        if (legs.get(agent)?.up !== true) throw new PbxError('gone', `agent ${agent} has no leg`);
        announced.push({ agent, sound });
      }),
    survey: () =>
      command(
        (): PbxSurvey => ({
          attempts: new Map([...channels].map(([id, { state, agent }]) => [id, { state, agent }])),
          callers: new Map(callers),
          agents: new Set([...legs].filter(([, leg]) => leg.up).map(([agent]) => agent)),
        }),
      ),
    recall: (attempts) =>
      command(
        () =>
          new Map(
            attempts.flatMap((id) => {
              const record = records.get(id);
              return record === undefined ? [] : [[id, record] as const];
            }),
          ),
      ),
    trunkState: (trunk) => command(() => (trunks.get(trunk) === false ? 'down' : 'up')),

    drop(reason) {
      emit({ type: 'pbx.lost', at: clock.now(), reason });
      connected = false;
    },
    restore() {
      connected = true;
      emit({ type: 'pbx.up', at: clock.now(), restarted: false });
    },
    restart() {
      emit({ type: 'pbx.lost', at: clock.now(), reason: 'the PBX died' });
      connected = false;
      for (const channel of channels.values()) for (const cancel of channel.timers) cancel();
      for (const attempt of channels.keys()) wire.push({ what: 'ended', at: clock.now(), attempt });
      channels.clear();
      callers.clear();
      legs.clear();
      connected = true;
      emit({ type: 'pbx.up', at: clock.now(), restarted: true });
    },
    callers,
    callIn(phone, line) {
      const caller = `in-${(called += 1)}` as CallerId;
      callers.set(caller, null);
      emit({ type: 'caller.arrived', at: clock.now(), caller, phone, line });
      // Nobody took him: the dialplan apologises.
      if (!connected) clock.after(3_000, () => void callers.delete(caller));
      return caller;
    },
    pressCaller(caller, digit) {
      if (callers.has(caller)) emit({ type: 'caller.digit', at: clock.now(), caller, digit });
    },
    hangUpCaller: endCaller,
    hangUpAgent: (agent) => endLeg(agent, 'the phone hung up'),
    pressAgent(agent, keys) {
      if (legs.get(agent)?.up !== true) return;
      for (const digit of keys) emit({ type: 'agent.digit', at: clock.now(), agent, digit });
    },
    setTrunk(trunk, up) {
      trunks.set(trunk, up);
      emit({ type: 'trunk.state', at: clock.now(), trunk, up });
    },
  };
}
