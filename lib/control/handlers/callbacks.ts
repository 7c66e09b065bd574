import { localText } from '../../core/callback-time.ts';
import { phoneToInteger, type Phone } from '../../core/phone.ts';
import { isZone } from '../../core/zone-clock.ts';
import { agree } from '../../dialer/agree.ts';
import { cancelCallback } from '../../dialer/callbacks.ts';
import { agreedTime, instantTyped, zonesOf } from '../../dialer/callback-time.ts';
import { moveCallback } from '../../dialer/callback-moves.ts';
import { agentsOf, type CampaignRun } from '../../dialer/floor.ts';
import { ObzvonError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { CallbackRow } from '../../store/callbacks.ts';
import type { LeadRow } from '../../store/leads.ts';
import type { Commands } from '../commands.ts';
import type { Callback } from '../commands/callbacks.ts';
import type { Handlers } from '../server.ts';
import { campaignNamed, phoneTyped, shownPhone, type Daemon } from './daemon.ts';

/** The list of leads that came by asking to be called. */
const LIST = 'callback';
const MINUTE_MS = 60_000;

/** Calls agreed with people, or asked for by them. */
export function callbackHandlers(daemon: Daemon) {
  const { store, engine } = daemon;
  const { floor } = engine;
  return {
    'callback.add': (args) => add(daemon, args),
    'callback.list': ({ campaign: name, all, limit }) => {
      const campaign = campaignNamed(daemon, name);
      const rows = store.callbacks.list(campaign.id, all ? 'all' : 'open', limit);
      return { callbacks: rows.map((row) => shown(daemon, campaign, row)) };
    },
    'callback.move': ({ id, at, agent, windowMin }) => {
      const { campaign, row } = callbackOf(daemon, id);
      const lead = store.leads.byId(row.lead);
      if (lead === undefined) throw new Error(`callback ${id} has no lead`);
      if (agent !== undefined) agentNamed(daemon, campaign, agent);
      const { dueAt, until } = timeFor(daemon, campaign, lead, { at, windowMin });
      const patch = { dueAt, until, ...(agent === undefined ? {} : { agent }) };
      if (!moveCallback(floor, row, 'moved', patch, { source: 'cli' })) throw notWaiting(row);
      floor.wake();
      return shown(daemon, campaign, again(daemon, id));
    },
    'callback.cancel': ({ id }) => {
      const { campaign, row } = callbackOf(daemon, id);
      if (row.state !== 'waiting' || !cancelCallback(floor, campaign, row, 'cli')) throw notWaiting(row);
      return shown(daemon, campaign, again(daemon, id));
    },
  } satisfies Handlers;
}

/** All of it in one transaction: what is refused leaves no trace. */
function add(daemon: Daemon, args: Commands['callback.add']['args']): Commands['callback.add']['result'] {
  const { store, engine, clock } = daemon;
  const campaign = campaignNamed(daemon, args.campaign);
  const phone = phoneTyped(args.phone);
  const { zone, source, note } = args;
  if (zone !== undefined && !isZone(zone)) {
    throw new ObzvonError('USAGE', `there is no zone “${zone}”`, { hint: 'give one such as Asia/Vladivostok' });
  }
  if (args.agent !== undefined) agentNamed(daemon, campaign, args.agent);
  return engine.floor.act(() => {
    const known = store.leads.find(campaign.id, phone);
    const asked = recordRequest(daemon, campaign, phone, args);
    if (known === undefined) addLead(daemon, campaign, phone, zone ?? null);
    else if (zone !== undefined && zone !== known.zone) store.leads.setZone(known.id, zone, clock.now());
    const lead = store.leads.find(campaign.id, phone);
    if (lead === undefined) throw new Error('a lead written and not found');
    // On the number he asked to be called on, whichever of his it is.
    const number = store.leads.numbersOf(lead.id).find((one) => one.phone === phoneToInteger(phone));
    const { dueAt, until } = timeFor(daemon, campaign, { ...lead, phone: phoneToInteger(phone) }, args);
    const id = agree(engine.floor, campaign, lead, {
      kind: args.at === undefined ? 'requested' : 'promised',
      dueAt,
      until,
      agent: args.agent ?? null,
      source,
      note: note ?? null,
      ...(number === undefined ? {} : { place: number.place, named: true }),
    });
    return { callback: shown(daemon, campaign, again(daemon, id)), newLead: known === undefined, asked };
  });
}

/** The person's own request is a consent of kind REQ; without a proof it carries no call, but is on record. */
function recordRequest(
  { store, clock }: Daemon,
  { spec }: CampaignRun,
  phone: Phone,
  { source, evidence, note }: Commands['callback.add']['args'],
): boolean {
  const now = clock.now();
  const added = store.consents.insert(
    {
      phone,
      kinds: ['REQ'],
      purposes: ['callback'],
      entities: [spec.entity.inn],
      givenAt: now,
      source,
      evidence: evidence ?? null,
      note: note ?? null,
    },
    now,
  );
  if (added) {
    store.journal.write({ at: now, subject: 'consent', id: source, event: 'added', data: { kinds: ['REQ'], source } });
  }
  return added;
}

function addLead({ store, clock }: Daemon, campaign: CampaignRun, phone: Phone, zone: string | null): void {
  store.leads.insert(
    {
      ...{ campaign: campaign.id, phone, zone, person: null, name: null, region: null, priority: 0, vars: {} },
      ...{ list: LIST, listRow: 0 },
    },
    clock.now(),
  );
}

/** When it is due and until when, or the refusal with the nearest lawful time. */
function timeFor(
  daemon: Daemon,
  campaign: CampaignRun,
  lead: LeadRow,
  { at: typed, windowMin }: { readonly at?: string | undefined; readonly windowMin?: number | undefined },
): ReturnType<typeof agreedTime> {
  const { floor } = daemon.engine;
  return agreedTime(floor, campaign, lead, {
    at: typed === undefined ? null : instantTyped(floor, campaign, lead, typed),
    windowMs: (windowMin ?? campaign.spec.callbacks.windowMin) * MINUTE_MS,
    exactly: windowMin !== undefined,
  });
}

function agentNamed({ engine }: Daemon, campaign: CampaignRun, id: string): void {
  const crew = agentsOf(engine.floor, campaign).map((agent): string => agent.id);
  if (crew.includes(id)) return;
  const near = nearest(id, crew);
  throw new ObzvonError('NOT_FOUND', `campaign ${campaign.name} has no agent “${id}”`, {
    hint: near === null ? `its agents: ${crew.join(', ') || 'none'}` : `did you mean ${near}?`,
  });
}

function callbackOf(daemon: Daemon, id: number): { campaign: CampaignRun; row: CallbackRow } {
  const row = daemon.store.callbacks.byId(id);
  const campaign = [...daemon.engine.floor.campaigns.values()].find((one) => one.id === row?.campaign);
  if (row === undefined || campaign === undefined) throw new ObzvonError('NOT_FOUND', `there is no callback ${id}`);
  return { campaign, row };
}

function again({ store }: Daemon, id: number): CallbackRow {
  const row = store.callbacks.byId(id);
  if (row === undefined) throw new Error(`callback ${id} is gone`);
  return row;
}

function notWaiting({ id, state }: CallbackRow): ObzvonError {
  return new ObzvonError('MOVE_REFUSED', `callback ${id} is ${state}: only one that waits can be changed`);
}

function shown({ store, engine }: Daemon, campaign: CampaignRun, row: CallbackRow): Callback {
  const { lead: id, place, ...rest } = row;
  const lead = store.leads.byId(id);
  const phone = store.leads.numbersOf(id).find((one) => one.place === place)?.phone ?? lead?.phone ?? -1;
  const zones = lead === undefined || phone < 0 ? [] : zonesOf(engine.floor, campaign, { ...lead, phone });
  return {
    ...rest,
    campaign: campaign.name,
    phone: shownPhone(phone),
    local: localText(row.dueAt, zones[0] ?? 'UTC'),
  };
}
