import type { AttemptId } from '../../../lib/core/attempt.ts';
import type { AgentId } from '../../../lib/dialer/pbx.ts';
import { phoneToInteger } from '../../../lib/core/phone.ts';
import type { WireEvent } from '../../../lib/sim/pbx.ts';

/*
 * What a witness outside the daemon saw. The simulated PBX, the fake exchange and Asterisk's event record each make one;
 * the invariants are checked over it and over the database the daemons left.
 */

/** One call as the wire had it; times in epoch ms of the witness. */
export interface WireCall {
  readonly attempt: AttemptId;
  /** As integers. */
  readonly phone: number;
  readonly caller: number;
  readonly trunk: string;
  readonly placedAt: number;
  readonly rangAt: number | null;
  readonly answeredAt: number | null;
  /** Each time it was put into an agent's bridge. */
  readonly bridges: readonly { readonly at: number; readonly agent: AgentId }[];
  /** When a message was played to it first. */
  readonly toldAt: number | null;
  readonly endedAt: number | null;
}

/** A daemon, from its start to its death. */
export interface LifeSpan {
  readonly startedAt: number;
  /** When it had compared what is stored with what is live; null: it never came so far. */
  readonly reconciledAt: number | null;
  readonly endedAt: number | null;
}

export interface History {
  readonly calls: readonly WireCall[];
  /** "Never again" that was acknowledged to whoever passed it on. */
  readonly optOuts: readonly { readonly phone: number; readonly at: number }[];
  /** Stretches in which nothing may be placed, from when the daemon could know. */
  readonly silences: readonly { readonly from: number; readonly to: number; readonly why: string }[];
  readonly lives: readonly LifeSpan[];
  /** When the daemons' wall clock was set, and by how much; the witness's own never is. */
  readonly steps: readonly { readonly at: number; readonly byMs: number }[];
  /** Why daemons stopped themselves when nothing was done to them. */
  readonly bugs: readonly string[];
  readonly endedAt: number;
}

/** What the daemons' wall clock showed at a moment of the witness. */
export function wallAt({ steps }: Pick<History, 'steps'>, at: number): number {
  return steps.reduce((wall, step) => (step.at <= at ? wall + step.byMs : wall), at);
}

/** The calls of a wire's events. */
export function callsOf(wire: readonly WireEvent[]): WireCall[] {
  type Open = { -readonly [K in keyof WireCall]: WireCall[K] } & { bridges: { at: number; agent: AgentId }[] };
  const calls: Open[] = [];
  const byId = new Map<AttemptId, Open>();
  for (const event of wire) {
    if (event.what === 'placed') {
      const { phone, caller, trunk } = event.permit;
      const call: Open = {
        attempt: event.attempt,
        phone: phoneToInteger(phone),
        caller: phoneToInteger(caller),
        trunk,
        placedAt: event.at,
        rangAt: null,
        answeredAt: null,
        bridges: [],
        toldAt: null,
        endedAt: null,
      };
      calls.push(call);
      byId.set(event.attempt, call);
      continue;
    }
    const call = byId.get(event.attempt);
    if (call === undefined) throw new Error(`${event.what} of ${event.attempt}, which was never placed`);
    switch (event.what) {
      case 'rang':
        call.rangAt ??= event.at;
        break;
      case 'answered':
        call.answeredAt ??= event.at;
        break;
      case 'bridged':
        call.bridges.push({ at: event.at, agent: event.agent });
        break;
      case 'told':
        call.toldAt ??= event.at;
        break;
      case 'ended':
        call.endedAt ??= event.at;
        break;
    }
  }
  return calls;
}
