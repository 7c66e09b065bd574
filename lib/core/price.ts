/** What calls cost, marking included. */
export interface Price {
  readonly attempt: number;
  /** Of each begun minute after the answer. */
  readonly minute?: number;
  readonly agentHour?: number;
}

/** What was used. */
export interface Used {
  readonly attempts: number;
  readonly minutes: number;
  readonly agentMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Minutes a carrier counts of a call: each begun one from the answer on; a call answered at all has one. */
export function begunMinutes(answeredAt: number, endedAt: number): number {
  return Math.max(1, Math.ceil((endedAt - answeredAt) / MINUTE_MS));
}

/** What it costs, to the hundredth. */
export function costOf(price: Price, { attempts, minutes, agentMs }: Used): number {
  const { attempt, minute = 0, agentHour = 0 } = price;
  return Math.round((attempts * attempt + minutes * minute + (agentMs / HOUR_MS) * agentHour) * 100) / 100;
}
