import type { Purpose } from '../campaign.ts';
import type { GateFacts } from '../facts.ts';
import type { FreqLimits, Policy } from '../policy.ts';
import { finding, type CodeOf, type Finding } from '../verdict.ts';
import type { Check, Question } from './question.ts';
import { when } from './when.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A call in flight has no known end; about a minute is when most are over. */
const IN_FLIGHT_RETRY_MS = 60_000;

type FrequencyCode = CodeOf<'frequency'>;

/** A cap over a rolling window: free again when the oldest call inside leaves it. */
function capped(
  code: FrequencyCode,
  what: string,
  days: number,
  count: number,
  cap: number | null,
  oldestAt: number | null,
  now: number,
): Finding[] {
  if (cap === null || count < cap) return [];
  const freeAt = Math.max(now + 1, (oldestAt ?? now) + days * DAY_MS);
  return [
    finding(code, `${count} ${what} in ${days * 24} h, ${cap} at most; the oldest leaves ${when(freeAt)}`, freeAt),
  ];
}

/** What the past calls of a campaign's people are held against; null: no such limit. */
export interface FrequencyLimits {
  readonly minIntervalMs: number;
  readonly attemptsDay: number | null;
  readonly attemptsWeek: number | null;
  readonly answered: FreqLimits['answered'];
  /** Without this mode after an abandoned call. */
  readonly cooldownMs: number | null;
}

const NO_CAPS: FreqLimits['answered'] = { day: null, week: null, month: null };

/** The limits of a campaign under a policy; with no purpose those of the campaign alone. */
export function frequencyLimits(
  {
    mode,
    maxAttemptsPerDay,
    maxAttemptsPerWeek,
    minIntervalMs,
  }: Pick<GateFacts['campaign'], 'mode' | 'maxAttemptsPerDay' | 'maxAttemptsPerWeek' | 'minIntervalMs'>,
  policy: Policy,
  purpose: Purpose | null,
): FrequencyLimits {
  const ofPurpose = purpose === null ? null : policy.freq[purpose];
  const caps = [ofPurpose?.attemptsDay ?? null, maxAttemptsPerDay].filter((cap) => cap !== null);
  const cooldownH = policy.dropCooldownH[mode];
  return {
    minIntervalMs: Math.max(policy.minIntervalS * 1000, minIntervalMs ?? 0),
    attemptsDay: caps.length === 0 ? null : Math.min(...caps),
    attemptsWeek: maxAttemptsPerWeek,
    answered: ofPurpose?.answered ?? NO_CAPS,
    cooldownMs: cooldownH === null ? null : cooldownH * HOUR_MS,
  };
}

const limitsOf = ({ facts, policy, purpose }: Question): FrequencyLimits =>
  frequencyLimits(facts.campaign, policy, purpose);

function waits(code: FrequencyCode, since: number | null, ms: number, now: number, what: string): Finding[] {
  if (since === null || since + ms <= now) return [];
  return [finding(code, `${what} on ${when(since)}; wait until ${when(since + ms)}`, since + ms)];
}

function answeredCheck(
  code: FrequencyCode,
  window: 'day' | 'week' | 'month',
  days: number,
  read: (history: Question['facts']['history']) => readonly [count: number, oldestAt: number | null],
): Check {
  const capOf = (asked: Question) => limitsOf(asked).answered[window];
  return {
    name: `answered calls in ${days * 24} h`,
    codes: [code],
    find(asked) {
      const [count, oldestAt] = read(asked.facts.history);
      return capped(code, 'answered calls', days, count, capOf(asked), oldestAt, asked.now);
    },
    say: (asked) => `${read(asked.facts.history)[0]} of ${capOf(asked) ?? 'any number'}`,
  };
}

/** Of a day and of a week: the one that is free again last. */
function attemptsUsedUp(asked: Question): Finding[] {
  const { facts, now } = asked;
  const { attempts24h, oldestAttempt24hAt, attempts7d, oldestAttempt7dAt } = facts.history;
  const { attemptsDay, attemptsWeek } = limitsOf(asked);
  const found = [
    ...capped('FREQ_ATTEMPTS', 'attempts', 1, attempts24h, attemptsDay, oldestAttempt24hAt, now),
    ...capped('FREQ_ATTEMPTS', 'attempts', 7, attempts7d, attemptsWeek, oldestAttempt7dAt, now),
  ];
  return found.sort((a, b) => (b.notBefore ?? 0) - (a.notBefore ?? 0)).slice(0, 1);
}

/** How often the person is called, over all campaigns. */
export const frequencyChecks: readonly Check[] = [
  {
    name: 'no call to the number is going on',
    codes: ['NUMBER_IN_FLIGHT'],
    find: ({ facts, now }) =>
      facts.inFlight
        ? [finding('NUMBER_IN_FLIGHT', 'another attempt to this number is not resolved yet', now + IN_FLIGHT_RETRY_MS)]
        : [],
    say: ({ facts }) => (facts.inFlight ? 'one is unresolved' : 'none is unresolved'),
  },
  {
    name: 'last attempt is long enough ago',
    codes: ['FREQ_MIN_INTERVAL'],
    find: (asked) =>
      waits(
        'FREQ_MIN_INTERVAL',
        asked.facts.history.lastAttemptAt,
        limitsOf(asked).minIntervalMs,
        asked.now,
        'last attempt',
      ),
    say(asked) {
      const last = asked.facts.history.lastAttemptAt;
      const leastS = limitsOf(asked).minIntervalMs / 1000;
      return `last attempt: ${last === null ? 'none' : when(last)}; at least ${leastS} s between two`;
    },
  },
  {
    name: 'attempts in 24 h and in 168 h',
    codes: ['FREQ_ATTEMPTS'],
    find: attemptsUsedUp,
    say(asked) {
      const { history } = asked.facts;
      const { attemptsDay, attemptsWeek } = limitsOf(asked);
      const day = `${history.attempts24h} of ${attemptsDay ?? 'any number'}`;
      return `${day}; ${history.attempts7d} of ${attemptsWeek ?? 'any number'}`;
    },
  },
  answeredCheck('FREQ_DAY', 'day', 1, (history) => [history.answered24h, history.oldestAnswered24hAt]),
  answeredCheck('FREQ_WEEK', 'week', 7, (history) => [history.answered7d, history.oldestAnswered7dAt]),
  answeredCheck('FREQ_MONTH', 'month', 31, (history) => [history.answered31d, history.oldestAnswered31dAt]),
  {
    name: 'not abandoned lately',
    codes: ['DROP_COOLDOWN'],
    find(asked) {
      const { cooldownMs } = limitsOf(asked);
      if (cooldownMs === null) return [];
      const { lastAbandonedAt } = asked.facts.history;
      return waits('DROP_COOLDOWN', lastAbandonedAt, cooldownMs, asked.now, 'a call was abandoned');
    },
    say({ facts, policy }) {
      const last = facts.history.lastAbandonedAt;
      const hours = policy.dropCooldownH[facts.campaign.mode];
      const rule = hours === null ? `no cool-down for ${facts.campaign.mode}` : `${hours} h for ${facts.campaign.mode}`;
      return `last abandoned: ${last === null ? 'none' : when(last)}; ${rule}`;
    },
  },
];
