import { passDates } from '../../core/pass-date.ts';
import { moveCampaign } from '../../dialer/campaign-run.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { messageOf, ObzvonError } from '../../errors.ts';
import type { LeadRow } from '../../store/leads.ts';
import type { RedialRow } from '../../store/redials.ts';
import type { RedialPass, RedialPlan, RedialRun } from '../commands/redials.ts';
import type { CallContext, Handlers } from '../server.ts';
import { mayStart } from './campaigns.ts';
import { campaignNamed, type Daemon } from './daemon.ts';
import { chooser, openNumbers, placeAnew, storedFacts } from './redial-choice.ts';
import { foreseeRedial, planRedial, type PlannedLeads } from './redial-plan.ts';
import { reportPass } from './redial-report.ts';
import { inSlices } from './slices.ts';

/** Ids looked through at once. */
const PAGE = 64;
/** Passes whose leads are remembered one by one. */
const REMEMBERED = 2;
/** Leads forgotten at once. */
const FORGOTTEN = 200;
const LISTED = 30;

type Noting = Pick<Daemon, 'store' | 'clock' | 'log'>;
type Signal = Pick<CallContext, 'signal'>;

/** Passes over bases. */
export function redialHandlers(daemon: Daemon) {
  /** Passes being prepared, by campaign: a second call for one waits for it. */
  const underWay = new Map<number, { readonly date: string; readonly run: Promise<RedialRun> }>();

  async function run(name: string, given: string | undefined, context: Signal): Promise<RedialRun> {
    const campaign = campaignNamed(daemon, name);
    const date = dateOf(daemon, given);
    const before = underWay.get(campaign.id);
    if (before?.date === date) return { ...(await before.run), already: true };
    if (before !== undefined) {
      throw new ObzvonError('MOVE_REFUSED', `the pass of ${name} for ${before.date} is being prepared: wait for it`);
    }
    const work = runPass(daemon, campaign, date, context);
    underWay.set(campaign.id, { date, run: work });
    try {
      return await work;
    } finally {
      underWay.delete(campaign.id);
    }
  }

  return {
    'redial.run': ({ campaign, for: date }, context) => run(campaign, date, context),
    'redial.plan': ({ campaign, for: date }, context) =>
      foreseeRedial(daemon, campaignNamed(daemon, campaign), date, context),
    'redial.report': ({ campaign, for: date }, context) =>
      reportPass(daemon, campaignNamed(daemon, campaign), date, context),
    'redial.list': ({ campaign }) => ({
      campaign,
      passes: daemon.store.redials.of(campaignNamed(daemon, campaign).id, LISTED).map(passOf),
    }),
  } satisfies Handlers;
}

/** At the start of the daemon: passes that were cut short go on, those whose date went by are dropped. */
export async function resumeRedials(
  daemon: Pick<Daemon, 'store' | 'engine' | 'clock' | 'log' | 'config'>,
  run: (args: { readonly campaign: string; readonly for: string }) => Promise<unknown>,
): Promise<void> {
  for (const redial of daemon.store.redials.preparing()) {
    const campaign = [...daemon.engine.floor.campaigns.values()].find(({ id }) => id === redial.campaign);
    if (campaign === undefined) continue;
    const pass = { campaign: campaign.name, for: redial.for_date };
    try {
      if (passDates(daemon.config().zone, daemon.clock.now()).includes(pass.for)) await run(pass);
      else daemon.engine.floor.act(() => drop(daemon, campaign, redial));
    } catch (error) {
      daemon.log.error({ ...pass, reason: messageOf(error) }, 'the pass cut short does not go on');
    }
  }
}

/** The local date of a pass, today's when none is given; USAGE with the dates there are. */
function dateOf(daemon: Daemon, given: string | undefined): string {
  const dates = passDates(daemon.config().zone, daemon.clock.now());
  if (given === undefined) return dates[1] as string;
  if (dates.includes(given)) return given;
  throw new ObzvonError('USAGE', `no pass is run for ${given} now: ${[...dates].reverse().join(', ')} may be`, {
    hint: 'a pass is of today or tomorrow, or of the evening before until noon',
  });
}

async function runPass(daemon: Daemon, campaign: CampaignRun, date: string, context: Signal): Promise<RedialRun> {
  const { store } = daemon;
  const known = store.redials.byDate(campaign.id, date);
  if (known?.state === 'begun') return { ...resultOf(campaign, known), already: true };
  if (known?.state === 'dropped') {
    throw new ObzvonError('MOVE_REFUSED', `the pass of ${campaign.name} for ${date} was dropped for a later one`);
  }
  await mayRun(daemon, campaign);
  const redial = known ?? begun(daemon, campaign, date);
  const planned = await planRedial(daemon, campaign, date, context);
  await putBack(daemon, campaign, redial, planned, context);
  finish(daemon, campaign, redial, planned.plan);
  await forget(daemon, campaign, context);
  return { ...resultOf(campaign, { ...redial, plan: JSON.stringify(planned.plan) }), already: false };
}

/** As a start looks before it leaps; a campaign that a person paused or that halted waits for a person. */
async function mayRun(daemon: Daemon, campaign: CampaignRun): Promise<void> {
  const { name, state, reason } = campaign;
  if (state === 'running') return;
  if (state === 'paused' || state === 'halted') {
    throw new ObzvonError(
      'MOVE_REFUSED',
      `${name} is ${state}${reason === null ? '' : ` (${reason})`}: no pass begins`,
      {
        hint: `mend what it stands for, then obzvon campaign resume ${name}`,
      },
    );
  }
  await mayStart(daemon, campaign);
}

function begun(daemon: Daemon, campaign: CampaignRun, date: string): RedialRow {
  const { store, clock, engine } = daemon;
  return engine.floor.act(() => {
    const cutShort = store.redials.preparing().filter((row) => row.campaign === campaign.id);
    for (const earlier of cutShort) drop(daemon, campaign, earlier);
    store.redials.insert(campaign.id, date, clock.now(), JSON.stringify(campaign.spec.redial));
    note(daemon, campaign, 'redial-prepared', { for: date });
    return store.redials.byDate(campaign.id, date) as RedialRow;
  });
}

function drop(daemon: Noting, campaign: CampaignRun, { id, for_date }: RedialRow): void {
  if (daemon.store.redials.drop(id)) note(daemon, campaign, 'redial-dropped', { for: for_date });
}

/**
 * Writes down what the plan says of each lead and puts back those it calls anew. Each lead is chosen again by its row of
 * that moment: calls may go on meanwhile. A lead noted was put back in the same transaction, so work cut short goes on
 * behind the last one.
 */
async function putBack(
  daemon: Daemon,
  campaign: CampaignRun,
  redial: RedialRow,
  { lastLead, codeOf }: PlannedLeads,
  { signal }: Signal,
): Promise<void> {
  const { store, clock, engine } = daemon;
  const choose = chooser(campaign, storedFacts(store, campaign), clock.now());
  const take = (lead: LeadRow): void => {
    const choice = choose(lead);
    store.redials.note(redial.id, lead.id, choice.again ? codeOf(lead.id) : choice.code);
    if (!choice.again) return;
    if (choice.how !== 'anew') store.redials.openRefused(lead.id);
    if (choice.how === 'as-due') return;
    if (choice.how === 'asked') {
      store.redials.askAgain(lead.id, redial.id, clock.now());
      return;
    }
    const opened = openNumbers(campaign, store.leads.numbersOf(lead.id));
    const [first] = opened;
    if (first === undefined) return;
    const { phone, place } = first;
    const places = opened.filter(({ closed }) => closed !== null).map((number) => number.place);
    const segment = placeAnew(campaign, lead);
    store.redials.putBack({ lead: lead.id, redial: redial.id, phone, place, segment, opened: places }, clock.now());
  };
  let after = store.redials.lastNoted(redial.id);
  await inSlices(engine.floor, signal, (hasTime) => {
    while (after < lastLead && hasTime()) {
      const to = Math.min(lastLead, after + PAGE);
      for (const lead of store.redials.leads(campaign.id, after, to)) {
        take(lead);
        after = lead.id;
        if (!hasTime()) return true;
      }
      after = to;
    }
    return after < lastLead;
  });
}

/** The pass is begun and its campaign started in one transaction. */
function finish(daemon: Daemon, campaign: CampaignRun, redial: RedialRow, plan: RedialPlan): void {
  const { floor } = daemon.engine;
  floor.act(() => {
    daemon.store.redials.begin(redial.id, JSON.stringify(plan));
    const { called, waiting } = plan;
    note(daemon, campaign, 'redial-begun', { for: redial.for_date, called, waiting });
    // Who paused or halted it meanwhile is heeded.
    if (['draft', 'stopped', 'draining'].includes(campaign.state)) moveCampaign(floor, campaign, 'start');
    floor.then(() => floor.wake());
  });
}

async function forget({ store, engine }: Daemon, campaign: CampaignRun, { signal }: Signal): Promise<void> {
  await inSlices(engine.floor, signal, (hasTime) => {
    for (;;) {
      if (!store.redials.prune(campaign.id, REMEMBERED, FORGOTTEN)) return false;
      if (!hasTime()) return true;
    }
  });
}

function note(
  { store, clock, log }: Noting,
  campaign: CampaignRun,
  event: string,
  data: Record<string, unknown>,
): void {
  store.journal.write({ at: clock.now(), subject: 'campaign', id: campaign.name, event, data });
  log.info({ campaign: campaign.name, ...data }, event);
}

function resultOf(campaign: CampaignRun, { plan }: RedialRow): Omit<RedialRun, 'already'> {
  return { ...(JSON.parse(plan) as RedialPlan), state: campaign.state };
}

function passOf({ for_date, at, state, plan }: RedialRow): RedialPass {
  const planned = JSON.parse(plan) as RedialPlan | null;
  return {
    for: for_date,
    at,
    state,
    called: planned?.called ?? null,
    waiting: planned?.waiting ?? null,
    notCalled: planned?.notCalled.reduce((sum, { leads }) => sum + leads, 0) ?? null,
  };
}
