import { createHash } from 'node:crypto';
import type { Disposition } from '../../lib/core/outcome.ts';

/** How a call to such a number ends: disposition, Q.850 cause, SIP code (null where there is none). */
export interface Expectation {
  readonly disposition: Disposition;
  readonly cause: number;
  readonly sipCode: number | null;
}

/**
 * The people of the simulated telephone network. A called number reads +7 9BB RR TT NNN: BB how its owner behaves
 * (`code`), RR how long it rings, TT for how many seconds the owner stays, NNN who it is.
 */
export interface Behaviour {
  /** Two digits after +79. */
  readonly code: string;
  /** What one step of RR means. */
  readonly ringStepMs: number;
  /** What a dialer with a free agent and no machine detection should conclude; null for the mix, which is several. */
  readonly expect: Expectation | null;
}

const row = (
  code: string,
  disposition: Disposition,
  cause: number,
  sipCode: number | null = null,
  ringStepMs = 100,
): Behaviour & { readonly expect: Expectation } => ({ code, ringStepMs, expect: { disposition, cause, sipCode } });

/** Every behaviour by name; `pstn/extensions.conf` has an extension of each name. */
export const BEHAVIOURS = {
  /** Answers after the ring, speaks, hangs up after TT seconds. */
  human: row('03', 'talked', 16),
  /** Answers and never hangs up: the agent must. */
  'human-stays': row('05', 'talked', 16),
  /** Hangs up in the moment of answering. */
  'human-drops': row('06', 'abandoned', 16),
  /** Answers after a long ring, RR in half seconds: for the last moment before a time-out. */
  'human-late': row('08', 'talked', 16, null, 500),
  /** Answers, presses 9 after two seconds, stays for TT seconds. */
  'human-opts-out': row('09', 'opted-out', 16),
  /** Greeting of 2.8 s, beep, silence; hangs up after TT seconds. */
  machine: row('10', 'talked', 16),
  /** Early media (183) instead of ringing, then as `human`. */
  'early-human': row('15', 'talked', 16),
  /** Early media for ever. */
  'early-no-answer': row('16', 'no-answer', 19, 480),
  /** Rings for ever. */
  'no-answer': row('19', 'no-answer', 19, 480),
  busy: row('17', 'busy', 17, 486),
  unavailable: row('20', 'unreachable', 19, 480),
  declined: row('21', 'declined', 21, 603),
  changed: row('22', 'invalid-number', 22, 410),
  forbidden: row('23', 'declined', 21, 403),
  unallocated: row('24', 'unallocated', 1, 404),
  incomplete: row('25', 'invalid-number', 28, 484),
  congestion: row('26', 'congestion', 34, 503),
  unwanted: row('27', 'unwanted', 127, 607),
  rejected: row('28', 'blocked', 127, 608),
  /** One of the others, fixed by number and seed, in the shares of `MIX`. */
  mix: { code: '60', ringStepMs: 100, expect: null },
} as const satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof BEHAVIOURS;

/** Shares of the mix in 256ths: what a lead base of ordinary quality meets on a weekday. */
export const MIX: readonly (readonly [Exclude<BehaviourName, 'mix'>, number])[] = [
  ['human', 104],
  ['no-answer', 62],
  ['busy', 26],
  ['machine', 26],
  ['unavailable', 13],
  ['declined', 8],
  ['unallocated', 5],
  ['human-drops', 5],
  ['congestion', 4],
  ['human-opts-out', 3],
];

/** The 256 places of the mix: the first byte of the MD5 of `seed:digits` picks one. */
export const MIX_PLACES: readonly Exclude<BehaviourName, 'mix'>[] = MIX.flatMap(([name, share]) =>
  Array<typeof name>(share).fill(name),
);

/** The number in E.164 whose owner behaves so; `serial` (0–999) tells apart numbers that are otherwise equal. */
export function numberFor(
  name: BehaviourName,
  options: { ringMs?: number; talkS?: number; serial?: number } = {},
): string {
  const { code, ringStepMs } = BEHAVIOURS[name];
  const ring = digits('ringMs', Math.round((options.ringMs ?? 0) / ringStepMs), 2);
  const talk = digits('talkS', options.talkS ?? 5, 2);
  return `+79${code}${ring}${talk}${digits('serial', options.serial ?? 0, 3)}`;
}

/** Who calls in when the network is told to: called back, he talks. */
export const CALLS_BACK = numberFor('human', { ringMs: 500, talkS: 2, serial: 999 });

/** How the owner of a number behaves, the mix resolved; null for a number outside the plan. */
export function behaviourOf(number: string, seed: number): Exclude<BehaviourName, 'mix'> | null {
  const plain = number.replace(/^\+/, '');
  if (!/^79\d{9}$/.test(plain)) return null;
  const found = Object.entries(BEHAVIOURS).find(([, { code }]) => code === plain.slice(2, 4));
  if (found === undefined) return null;
  const name = found[0] as BehaviourName;
  if (name !== 'mix') return name;
  const place = createHash('md5').update(`${seed}:${plain}`).digest()[0] ?? 0;
  return MIX_PLACES[place] ?? null;
}

function digits(what: string, value: number, length: number): string {
  if (!Number.isInteger(value) || value < 0 || value >= 10 ** length) {
    throw new RangeError(`${what} does not fit into ${length} digits of the number: ${value}`);
  }
  return String(value).padStart(length, '0');
}
