import type { Pacer } from '../../core/pacing/contract.ts';
import { referenceScenario, type Scenario } from '../scenario.ts';
import type { MarkovFloor, RingUpTo } from './chain.ts';

/** The same floor for the simulator: every duration exponential, no set-up, no grace. */
export function markovScenario(floor: MarkovFloor, durationS = 8 * 3600): Scenario {
  const { agents, answerRate, ringMs, talkMs, wrapUpMs } = floor;
  const exponential = (meanMs: number) => ({ kind: 'exponential', meanS: meanMs / 1000 }) as const;
  const none = { kind: 'fixed', valueS: 0 } as const;
  const name = `markov-n${agents}-p${Math.round(answerRate * 100)}-t${Math.round(talkMs / 1000)}`;
  return referenceScenario(
    agents,
    {
      answers: answerRate,
      busyShare: 0,
      trunkFailureShare: 0,
      setup: none,
      pickUp: exponential(ringMs),
      giveUp: exponential(ringMs),
      // So late that one call in 160,000 gets there.
      ringTimeoutS: (12 * ringMs) / 1000,
      talk: exponential(talkMs),
      wrapUp: wrapUpMs > 0 ? exponential(wrapUpMs) : none,
      graceS: 0,
    },
    { name, description: `${agents} agents, every duration exponential`, durationS },
  );
}

/** A policy of the chain as a pacer; it knows only floors where the crew never changes. */
export function policyPacer(ringUpTo: RingUpTo): Pacer {
  return {
    observe() {},
    decide({ now, agents, calls }) {
      const talking = agents.filter(({ state }) => state === 'talking').length;
      const wrappingUp = agents.filter(({ state }) => state === 'wrap-up').length;
      const ringing = calls.filter(({ state }) => state === 'dialing' || state === 'ringing').length;
      const upTo = ringUpTo(talking, wrappingUp, ringing);
      const sentence = `${upTo} calls may ring with ${talking} talking and ${wrappingUp} in wrap-up`;
      const why = { limit: 'abandonment', sentence, numbers: { talking, wrappingUp, ringing, upTo } } as const;
      return { at: now, originate: Math.max(0, upTo - ringing), why };
    },
    estimates: () => null,
  };
}

/** Floors the pacer and the simulator are held to. */
export const MARKOV_FLOORS: readonly { readonly name: string; readonly floor: MarkovFloor }[] = [
  { name: 'N=3 p=.35 60+10 s', floor: seconds(3, 0.35, 60, 10) },
  { name: 'N=5 p=.35 60+10 s', floor: seconds(5, 0.35, 60, 10) },
  { name: 'N=10 p=.35 60+10 s', floor: seconds(10, 0.35, 60, 10) },
  { name: 'N=5 p=.60 20+5 s', floor: seconds(5, 0.6, 20, 5) },
  { name: 'N=5 p=.15 60+10 s', floor: seconds(5, 0.15, 60, 10) },
  { name: 'N=10 p=.35 70 s', floor: seconds(10, 0.35, 70, 0) },
];

function seconds(agents: number, answerRate: number, talkS: number, wrapUpS: number): MarkovFloor {
  return { agents, answerRate, ringMs: 10_000, talkMs: talkS * 1000, wrapUpMs: wrapUpS * 1000 };
}
