import type { EndCounts, MeasuredCalls, MeasuredTimes } from '../campaign-history.ts';
import { isCharged, listed } from '../core/charges.ts';
import type { LeadState } from '../core/lead.ts';
import type { Disposition } from '../core/outcome.ts';
import type { Db } from './open.ts';

/** Rows read at once: a few milliseconds of the event loop. */
const PAGE = 1_000;
/** Attempts told apart by their ordinal; the last stands for all later ones. */
const ORDINALS = 6;
/** Steps of a measured distribution. */
const STEPS = 100;
/** An agent's move and the end of the attempt it belongs to are this near. */
const SAME_MOMENT_MS = 2_000;

interface AttemptTimes {
  readonly id: string;
  readonly planned_at: number;
  readonly agent: string | null;
  readonly ended_at: number | null;
  readonly disposition: Disposition | null;
  readonly answered: 0 | 1;
  readonly before: number;
  readonly setup: number | null;
  readonly pick_up: number | null;
  readonly give_up: number | null;
  readonly whole: number | null;
  readonly talk: number | null;
}

/** An attempt that says something of the people: not cancelled, and somebody knows how it ended. */
type Resolved = AttemptTimes & { readonly ended_at: number; readonly disposition: Disposition };

const SILENT: ReadonlySet<Disposition | null> = new Set([null, 'cancelled', 'not-placed', 'unknown']);
const isResolved = (row: AttemptTimes): row is Resolved => !SILENT.has(row.disposition);

/** Leads of a page, grouped. */
export interface LeadGroupRow {
  readonly state: LeadState;
  readonly attempts: number;
  readonly zone: string | null;
  readonly region: string | null;
  /** By quarters of an hour within four hours, then by hours; never early. */
  readonly due_in_h: number;
  readonly n: number;
  readonly last: number;
}

const KIND: Readonly<Partial<Record<Disposition, 'busy' | 'refused' | 'noAnswer'>>> = {
  busy: 'busy',
  unreachable: 'busy',
  declined: 'refused',
  unallocated: 'refused',
  unwanted: 'refused',
  blocked: 'refused',
  'invalid-number': 'refused',
  'no-answer': 'noAnswer',
};

function kindOf(disposition: Disposition): 'busy' | 'refused' | 'trunk' | 'noAnswer' {
  return isCharged(disposition, 'trunk') ? 'trunk' : (KIND[disposition] ?? 'noAnswer');
}

const UNCHARGED_LIST = listed('lead', false);

/** A campaign's past in figures, read page by page so that the daemon goes on in between. */
export function createHistory(db: Db) {
  // From the newest back.
  const attempts = db.prepare<{ campaign: number; since: number; at: number; id: string; limit: number }, AttemptTimes>(
    `SELECT id, planned_at, agent, ended_at, disposition, answered_at IS NOT NULL AS answered,
       (SELECT count(*) FROM attempts AS earlier WHERE earlier.phone = a.phone AND earlier.lead = a.lead AND earlier.planned_at < a.planned_at
          AND earlier.disposition NOT IN (${UNCHARGED_LIST})) AS before,
       coalesce(rang_at, answered_at) - coalesce(originated_at, planned_at) AS setup,
       CASE WHEN answered_at IS NOT NULL THEN answered_at - coalesce(rang_at, answered_at) END AS pick_up,
       CASE WHEN disposition = 'no-answer' THEN ended_at - rang_at END AS give_up,
       ended_at - coalesce(originated_at, planned_at) AS whole,
       CASE WHEN disposition IN ('talked', 'machine', 'opted-out') THEN ended_at - bridged_at END AS talk
     FROM attempts AS a
     WHERE campaign = @campaign AND planned_at >= @since AND (planned_at, id) < (@at, @id)
     ORDER BY planned_at DESC, id DESC LIMIT @limit`,
  );
  const agentMoves = db.prepare<
    { agent: string; before: number; limit: number },
    { id: number; at: number; from: string | null; to: string | null }
  >(
    `SELECT id, at, "from", "to" FROM journal WHERE subject = 'agent' AND id_of = @agent AND id < @before
     ORDER BY id DESC LIMIT @limit`,
  );
  const leads = db.prepare<{ campaign: number; after: number; now: number; limit: number }, LeadGroupRow>(
    `SELECT state, attempts, zone, region, due_in_h, count(*) AS n, max(phone) AS last FROM (
       SELECT state, attempts, zone, region, phone,
         CASE WHEN next_at > @now + 14400000 THEN min(720, ceil((next_at - @now) / 3600000.0))
           WHEN next_at > @now THEN ceil((next_at - @now) / 900000.0) / 4 ELSE 0 END AS due_in_h
       FROM leads WHERE campaign = @campaign AND phone > @after ORDER BY phone LIMIT @limit)
     GROUP BY state, attempts, zone, region, due_in_h`,
  );

  /** From wrap-up's begin to its end, after calls that ended at these moments; newest moves first. */
  async function wrapUpsOf(agent: string, endedAt: readonly number[], rest: () => Promise<void>): Promise<number[]> {
    const oldest = Math.min(...endedAt) - SAME_MOMENT_MS;
    const found: number[] = [];
    let endOf: number | null = null;
    for (let before = Number.MAX_SAFE_INTEGER; ; ) {
      const page = agentMoves.all({ agent, before, limit: PAGE });
      for (const { id, at, from, to } of page) {
        before = id;
        if (to === 'wrap-up' && endOf !== null && isNear(endedAt, at)) found.push(endOf - at);
        endOf = from === 'wrap-up' ? at : null;
        if (at < oldest) return found;
      }
      if (page.length < PAGE) return found;
      await rest();
    }
  }

  return {
    /**
     * The last `most` resolved attempts since a moment; `rest` is awaited after each page. Attempts that were cancelled
     * are left out: they say nothing of the people.
     */
    async calls(campaign: number, since: number, most: number, rest: () => Promise<void>): Promise<MeasuredCalls> {
      const tally = newTally();
      let at = Number.MAX_SAFE_INTEGER;
      let id = '';
      for (let seen = 0; seen < most; ) {
        const limit = Math.min(PAGE, most - seen);
        const page = attempts.all({ campaign, since, at, id, limit });
        for (const row of page) if (isResolved(row)) count(tally, row);
        seen += page.length;
        const last = page.at(-1);
        if (last === undefined || page.length < limit) break;
        ({ planned_at: at, id } = last);
        await rest();
      }
      for (const [agent, endedAt] of tally.endsOf) {
        tally.times.wrapUp.push(...(await wrapUpsOf(agent, endedAt.reverse(), rest)));
        await rest();
      }
      return measured(tally);
    },

    /** The campaign's leads in groups alike, a page at a time. */
    async leads(campaign: number, now: number, rest: () => Promise<void>): Promise<LeadGroupRow[]> {
      const groups = new Map<string, LeadGroupRow>();
      for (let after = -1; ; ) {
        const page = leads.all({ campaign, after, now, limit: PAGE });
        let looked = 0;
        for (const row of page) {
          const key = [row.state, row.attempts, row.due_in_h, row.zone, row.region].join('\t');
          groups.set(key, { ...row, n: row.n + (groups.get(key)?.n ?? 0) });
          looked += row.n;
          after = Math.max(after, row.last);
        }
        if (looked < PAGE) return [...groups.values()];
        await rest();
      }
    },
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type TimesName = 'setup' | 'pickUp' | 'giveUp' | 'busy' | 'refused' | 'trunk' | 'talk' | 'wrapUp';

interface Tally {
  from: number | null;
  to: number | null;
  readonly all: Mutable<EndCounts>;
  readonly hours: Mutable<EndCounts>[];
  readonly ordinals: { attempts: number; answered: number }[];
  readonly times: Record<TimesName, number[]>;
  /** When each agent's calls ended, newest first. */
  readonly endsOf: Map<string, number[]>;
}

const newCounts = (): Mutable<EndCounts> => ({
  attempts: 0,
  answered: 0,
  abandoned: 0,
  busy: 0,
  refused: 0,
  trunk: 0,
  noAnswer: 0,
});

function newTally(): Tally {
  return {
    from: null,
    to: null,
    all: newCounts(),
    hours: Array.from({ length: 24 }, newCounts),
    ordinals: Array.from({ length: ORDINALS }, () => ({ attempts: 0, answered: 0 })),
    times: { setup: [], pickUp: [], giveUp: [], busy: [], refused: [], trunk: [], talk: [], wrapUp: [] },
    endsOf: new Map(),
  };
}

function count(tally: Tally, row: Resolved): void {
  const { times } = tally;
  tally.from = row.planned_at;
  tally.to ??= row.planned_at;
  const hour = tally.hours[Math.floor(row.planned_at / 3_600_000) % 24] as Mutable<EndCounts>;
  const kind = row.answered === 1 ? 'answered' : kindOf(row.disposition);
  for (const counts of [tally.all, hour]) {
    counts.attempts += 1;
    counts[kind] += 1;
    if (row.disposition === 'abandoned') counts.abandoned += 1;
  }
  if (kind !== 'trunk') {
    const ordinal = tally.ordinals[Math.min(row.before, ORDINALS - 1)];
    if (ordinal !== undefined) {
      ordinal.attempts += 1;
      ordinal.answered += row.answered;
    }
  }
  const add = (name: TimesName, ms: number | null): void => {
    // A clock set back in mid-call leaves a time that was none.
    if (ms !== null && ms >= 0) times[name].push(ms);
  };
  if (kind === 'answered' || kind === 'noAnswer') add('setup', row.setup);
  add('pickUp', row.pick_up);
  add('giveUp', row.give_up);
  add('talk', row.talk);
  if (kind === 'busy' || kind === 'refused' || kind === 'trunk') add(kind, row.whole);
  if (row.talk !== null && row.agent !== null) {
    const ends = tally.endsOf.get(row.agent) ?? [];
    ends.push(row.ended_at);
    tally.endsOf.set(row.agent, ends);
  }
}

function measured({ from, to, all, hours, ordinals, times, endsOf }: Tally): MeasuredCalls {
  const distribution = (name: TimesName): MeasuredTimes => {
    const sorted = Float64Array.from(times[name]).sort();
    const steps = Math.min(STEPS, Math.max(0, sorted.length - 1));
    return {
      count: sorted.length,
      quantilesMs:
        sorted.length === 0
          ? []
          : Array.from({ length: steps + 1 }, (_, step) => {
              const place = steps === 0 ? 0 : (step * (sorted.length - 1)) / steps;
              const low = sorted[Math.floor(place)] ?? 0;
              return Math.round(low + ((sorted[Math.ceil(place)] ?? low) - low) * (place % 1));
            }),
    };
  };
  return {
    from,
    to,
    all,
    hours,
    ordinals,
    setup: distribution('setup'),
    pickUp: distribution('pickUp'),
    giveUp: distribution('giveUp'),
    busy: distribution('busy'),
    refused: distribution('refused'),
    trunk: distribution('trunk'),
    talk: distribution('talk'),
    wrapUp: distribution('wrapUp'),
    agents: endsOf.size,
  };
}

/** Whether one of the moments, oldest first, is near. */
function isNear(moments: readonly number[], at: number): boolean {
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((moments[middle] as number) < at - SAME_MOMENT_MS) low = middle + 1;
    else high = middle;
  }
  return low < moments.length && (moments[low] as number) <= at + SAME_MOMENT_MS;
}
