/** How long the adapter waits for what; tests shorten them. */
export interface Timings {
  /** For one REST request or one AMI action. */
  readonly deadlineMs: number;
  /** For the first word of a peer on a new connection: short, so that one that came back is soon asked again. */
  readonly knockMs: number;
  readonly pingMs: number;
  /** So many pings in a row without a sign of life and the connection is taken for dead. */
  readonly pingsMissed: number;
  /** The wait before connecting again, by the number of failures in a row. */
  readonly backoffMs: { readonly min: number; readonly max: number };
  /** How long a missing module is taken for an Asterisk that is still loading. */
  readonly moduleGraceMs: number;
  /** How long FullyBooted over AMI is waited for. */
  readonly bootedMs: number;
  /** How long ARI may be behind AMI with the news of a hang-up. */
  readonly witnessMs: number;
  /** How long an Asterisk that has just started may not have asked after its trunks, and call them offline. */
  readonly unaskedMs: number;
}

/**
 * The timings in production. A connection whose peer vanished is found in `pingMs` × (`pingsMissed` + 1) = 3 s, and one
 * that is whole again is in use after at most `knockMs` + `backoffMs.max` and some requests, within 5 s.
 */
export const TIMINGS: Timings = {
  deadlineMs: 5_000,
  knockMs: 2_000,
  pingMs: 1_000,
  pingsMissed: 2,
  backoffMs: { min: 200, max: 2_000 },
  moduleGraceMs: 5_000,
  bootedMs: 5_000,
  witnessMs: 500,
  unaskedMs: 10_000,
};
