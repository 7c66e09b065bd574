import { costOf } from '../../core/price.ts';
import { whyCalled, whyNotCalled } from '../../core/redial.ts';
import { agentsOf, type AgentRun, type CampaignRun } from '../../dialer/floor.ts';
import { ObzvonError } from '../../errors.ts';
import type { AgentMove, DeedAttempt, DeedResult, Stretch } from '../../store/redial-deeds.ts';
import type { RedialRow } from '../../store/redials.ts';
import type { NamedAbandonment, PassFigures, RedialPlan, RedialReason, RedialReport } from '../commands/redials.ts';
import type { CallContext } from '../server.ts';
import type { Daemon } from './daemon.ts';
import { createFigures } from './pass-figures.ts';
import { createReasons } from './redial-plan.ts';
import { inReadSlices } from './slices.ts';

/** Rows read at once. */
const PAGE = 500;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Verdicts on a number looked through for the last of a pass gone by. */
const VERDICTS = 50;
/** Dates a report of a pass is looked for among. */
const PASSES = 1_000;

/** What a report needs of the daemon, the campaign and the caller. */
interface Asked {
  readonly daemon: Daemon;
  readonly campaign: CampaignRun;
  readonly signal: AbortSignal;
}

/** A pass told by its rows alone: what was planned, what was done, and each difference with its code. */
export async function reportPass(
  daemon: Daemon,
  campaign: CampaignRun,
  date: string | undefined,
  { signal }: Pick<CallContext, 'signal'>,
): Promise<RedialReport> {
  const asked: Asked = { daemon, campaign, signal };
  const passes = daemon.store.redials.of(campaign.id, PASSES).filter(({ state }) => state === 'begun');
  const index = date === undefined ? 0 : passes.findIndex(({ for_date }) => for_date === date);
  const pass = passes[index];
  if (pass === undefined) {
    throw new ObzvonError(
      'NOT_FOUND',
      `there was no pass over ${campaign.name}${date === undefined ? '' : ` for ${date}`}`,
    );
  }
  // What is planned while this is told belongs to the next report.
  const stretch = stretchOf(passes, index);
  const told = { from: stretch.from, until: Math.min(stretch.until, daemon.clock.now() + 1) };
  const deed = await deedOf(asked, told);
  const earlier = passes[index + 1];
  const before = earlier === undefined ? null : (await deedOf(asked, stretchOf(passes, index + 1))).figures;
  const differences = await compare(asked, pass, stretch, deed.notes);
  const agents = await agentsTime(asked, { from: stretch.from, until: deed.lastAt });
  const { figures } = deed;
  const { price, title } = campaign.spec;
  // What the PBX never took is paid to nobody.
  const placed = figures.attempts - (figures.byDisposition['not-placed'] ?? 0);
  const plan = JSON.parse(pass.plan) as RedialPlan;
  return {
    campaign: campaign.name,
    title,
    for: pass.for_date,
    from: stretch.from,
    until: stretch.until === Infinity ? null : stretch.until,
    state: campaign.state,
    plan: {
      leads: plan.leads,
      called: plan.called,
      waiting: plan.waiting,
      notCalled: sum(plan.notCalled.map(({ leads }) => leads)),
      forecast: plan.forecast,
    },
    figures,
    leads: {
      planned: plan.called + plan.waiting,
      called: deed.called,
      calledAsPlanned: differences.asPlanned,
      talked: deed.talked,
    },
    remembered: differences.remembered,
    missed: differences.missed,
    unplanned: differences.unplanned,
    results: await resultsOf(asked, told),
    money:
      price === undefined
        ? null
        : {
            cost: costOf(price, { attempts: placed, minutes: figures.minutes, agentMs: agents.loggedInMs }),
            currency: price.currency ?? '',
          },
    agents: { ...agents, talkMs: figures.talkMs },
    abandonment: await abandonmentOf(asked, figures),
    before: before === null || earlier === undefined ? null : { for: earlier.for_date, ...before },
  };
}

/** From its begin to the begin of the next one. */
function stretchOf(passes: readonly RedialRow[], index: number): Stretch {
  const from = passes[index]?.at ?? 0;
  // A pass for tomorrow may have begun before a late one for today.
  const later = passes.map(({ at }) => at).filter((at) => at > from);
  return { from, until: Math.min(...later, Infinity) };
}

/** What is noted of a lead: it was called, by more than its callback, talked with, found in the plan. */
const [CALLED, BESIDES_CALLBACK, TALKED, PLANNED] = [1, 2, 4, 8] as const;

interface Deed {
  readonly figures: PassFigures;
  /** A byte a lead, by its id: a base has a million of them, and a map of so many stops the calls when it grows. */
  readonly notes: Uint8Array;
  /** Leads called, leads talked with. */
  readonly called: number;
  readonly talked: number;
  /** When its last call ended. */
  readonly lastAt: number;
}

async function deedOf({ daemon, campaign, signal }: Asked, stretch: Stretch): Promise<Deed> {
  const tally = createFigures(campaign.spec.answerLimitMs);
  const notes = new Uint8Array(daemon.store.redials.lastLead() + 1);
  let [called, talked] = [0, 0];
  let lastAt = stretch.from;
  let last: DeedAttempt | undefined;
  await inReadSlices(daemon, signal, (hasTime) => {
    do {
      const page = daemon.store.redialDeeds.attempts(campaign.id, stretch, last, PAGE);
      for (const row of page) {
        tally.add(row);
        const before = notes[row.lead] ?? 0;
        const besides = row.callback === null ? BESIDES_CALLBACK : 0;
        const talk = row.bridged_at === null ? 0 : TALKED;
        notes[row.lead] = before | CALLED | besides | talk;
        if ((before & CALLED) === 0) called += 1;
        if ((before & TALKED) < talk) talked += 1;
        lastAt = Math.max(lastAt, row.ended_at ?? row.planned_at);
      }
      if (page.length < PAGE) return false;
      last = page.at(-1);
    } while (hasTime());
    return true;
  });
  return { figures: tally.result(), notes, called, talked, lastAt };
}

interface Differences {
  readonly remembered: boolean;
  readonly asPlanned: number;
  readonly missed: readonly RedialReason[];
  readonly unplanned: RedialReport['unplanned'];
}

/** Every lead of the plan against the deed. Who of those called is not in the plan, it did not know. */
async function compare(
  { daemon, signal }: Asked,
  pass: RedialRow,
  stretch: Stretch,
  notes: Uint8Array,
): Promise<Differences> {
  const { store } = daemon;
  if (store.redials.lastNoted(pass.id) === 0) return { remembered: false, asPlanned: 0, missed: [], unplanned: [] };
  const missed = createReasons();
  const unplanned = new Map<string | null, ReturnType<typeof createReasons>>();
  const unplannedFor = (code: string | null) => {
    const known = unplanned.get(code) ?? createReasons();
    unplanned.set(code, known);
    return known;
  };
  // Later passes moved the leads on: then the ledger alone says what stood before them.
  const isLast = stretch.until === Infinity;
  let asPlanned = 0;
  let after = 0;
  await inReadSlices(daemon, signal, (hasTime) => {
    do {
      const page = store.redials.planned(pass.id, after, PAGE);
      for (const lead of page) {
        const noted = notes[lead.lead] ?? 0;
        notes[lead.lead] = noted | PLANNED;
        const called = (noted & CALLED) !== 0;
        if (lead.code === null) {
          if (called) asPlanned += 1;
          else {
            const why = isLast
              ? whyNotCalled(lead)
              : (lastCode(daemon, lead.phone, stretch) ?? whyNotCalled({ state: 'callable', reason: null }));
            missed.add(why, lead.lead, lead.phone);
          }
        } else if (called) {
          unplannedFor(lead.code).add(whyCalled(lead.code, byCallbackAlone(noted)), lead.lead, lead.phone);
        }
      }
      if (page.length < PAGE) return false;
      after = page.at(-1)?.lead ?? after;
    } while (hasTime());
    return true;
  });
  let id = 0;
  await inReadSlices(daemon, signal, (hasTime) => {
    for (; id < notes.length && hasTime(); id += 1) {
      const noted = notes[id] ?? 0;
      if ((noted & CALLED) === 0 || (noted & PLANNED) !== 0) continue;
      const lead = store.leads.byId(id);
      if (lead !== undefined) unplannedFor(null).add(whyCalled(undefined, byCallbackAlone(noted)), id, lead.phone);
    }
    return id < notes.length;
  });
  return {
    remembered: true,
    asPlanned,
    missed: missed.list(),
    unplanned: [...unplanned]
      .flatMap(([planned, reasons]) => reasons.list().map((reason) => ({ planned, ...reason })))
      .sort((a, b) => b.leads - a.leads),
  };
}

function byCallbackAlone(noted: number): boolean {
  return (noted & BESIDES_CALLBACK) === 0;
}

/** The code of the gate's last word on a number in a stretch; null: none. */
function lastCode({ store }: Daemon, phone: number, { from, until }: Stretch): string | null {
  return store.verdicts.byPhone(phone, VERDICTS).find(({ at }) => at >= from && at < until)?.code ?? null;
}

async function resultsOf({ daemon, campaign, signal }: Asked, stretch: Stretch): Promise<RedialReport['results']> {
  // The newest word on a talk counts.
  const ofTalk = new Map<string, DeedResult>();
  let last: DeedResult | undefined;
  await inReadSlices(daemon, signal, (hasTime) => {
    do {
      const page = daemon.store.redialDeeds.results(campaign.id, stretch, last, PAGE);
      for (const row of page) ofTalk.set(row.attempt, row);
      if (page.length < PAGE) return false;
      last = page.at(-1);
    } while (hasTime());
    return true;
  });
  const counts = new Map<string, RedialReport['results'][number]>();
  for (const { code, stage, target } of ofTalk.values()) {
    const talks = (counts.get(code)?.talks ?? 0) + 1;
    counts.set(code, { code, stage, target: target === 1, talks });
  }
  return [...counts.values()].sort((a, b) => b.talks - a.talks);
}

async function agentsTime(asked: Asked, stretch: Stretch): Promise<{ count: number; loggedInMs: number }> {
  let [count, loggedInMs] = [0, 0];
  for (const agent of agentsOf(asked.daemon.engine.floor, asked.campaign)) {
    const ms = await loggedIn(asked, agent, stretch);
    if (ms > 0) count += 1;
    loggedInMs += ms;
  }
  return { count, loggedInMs };
}

/** How long an agent's leg was up in a stretch: his moves are walked from the newest back. */
async function loggedIn({ daemon, signal }: Asked, agent: AgentRun, { from, until }: Stretch): Promise<number> {
  const isIn = (state: string | null) => state !== null && state !== 'offline' && state !== 'connecting';
  let ms = 0;
  let end = until;
  let state: string | null = agent.state;
  let last: AgentMove | undefined;
  await inReadSlices(daemon, signal, (hasTime) => {
    do {
      const page = daemon.store.redialDeeds.agentMoves(agent.id, last, PAGE);
      for (const move of page) {
        const at = Math.max(from, Math.min(end, move.at));
        if (isIn(state)) ms += end - at;
        end = at;
        state = move.from;
        if (move.at <= from) return false;
      }
      if (page.length < PAGE) {
        if (isIn(state)) ms += end - from;
        return false;
      }
      last = page.at(-1);
    } while (hasTime());
    return true;
  });
  return ms;
}

/** Over the pass, and over the last whole hours up to now. */
async function abandonmentOf({ daemon, campaign, signal }: Asked, pass: PassFigures): Promise<NamedAbandonment[]> {
  const until = Math.floor(daemon.clock.now() / HOUR_MS) * HOUR_MS + HOUR_MS;
  const limitMs = campaign.spec.answerLimitMs;
  const windows = { '24 hours': { answers: 0, abandoned: 0 }, '30 days': { answers: 0, abandoned: 0 } };
  let from = until - 30 * DAY_MS;
  await inReadSlices(daemon, signal, (hasTime) => {
    while (from < until && hasTime()) {
      const hour = daemon.store.redialDeeds.answers(campaign.id, { from, until: from + HOUR_MS }, limitMs);
      for (const [window, sums] of Object.entries(windows)) {
        if (window === '24 hours' && from < until - DAY_MS) continue;
        sums.answers += hour.answers;
        sums.abandoned += hour.abandoned;
      }
      from += HOUR_MS;
    }
    return from < until;
  });
  const named = (window: NamedAbandonment['window'], answers: number, abandoned: number): NamedAbandonment => ({
    window,
    answers,
    abandoned,
    rate: answers === 0 ? null : abandoned / answers,
  });
  return [
    named('pass', pass.answered, pass.abandoned),
    named('24 hours', windows['24 hours'].answers, windows['24 hours'].abandoned),
    named('30 days', windows['30 days'].answers, windows['30 days'].abandoned),
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
