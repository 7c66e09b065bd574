/** How long the adapter waits for what; tests shorten them. */
export interface Timings {
  /** For one REST request, one AMI action, one handshake. */
  readonly deadlineMs: number;
  readonly pingMs: number;
  readonly pongsMissed: number;
  readonly amiPingMs: number;
  readonly backoffMs: { readonly min: number; readonly max: number };
  /** How long a missing module is taken for an Asterisk that is still loading. */
  readonly moduleGraceMs: number;
  /** How long FullyBooted over AMI is waited for. */
  readonly bootedMs: number;
  /** How long ARI may be behind AMI with the news of a hang-up. */
  readonly witnessMs: number;
}

/** The timings in production. */
export const TIMINGS: Timings = {
  deadlineMs: 5_000,
  pingMs: 1_000,
  pongsMissed: 3,
  amiPingMs: 5_000,
  backoffMs: { min: 200, max: 5_000 },
  moduleGraceMs: 5_000,
  bootedMs: 5_000,
  witnessMs: 500,
};
