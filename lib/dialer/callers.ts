import { optOutIn } from '../core/opt-out.ts';
import type { Phone } from '../core/phone.ts';
import { messageOf } from '../errors.ts';
import type { LeadRow } from '../store/leads.ts';
import { GLOBAL_OPT_OUT } from '../store/opt-outs.ts';
import { endCaller, letGo, offer, type Became } from './caller-run.ts';
import type { CallerRun, CampaignRun, Floor } from './floor.ts';
import { optOut } from './opt-outs.ts';
import type { PbxEvent } from './pbx.ts';

/** The list of leads that came by calling us. */
const LIST = 'callback';

/** Events of people who call us. */
export type CallerEvent = Extract<PbxEvent, { caller: unknown }>;

/** What the dialer does on hearing of a person who calls us. Duplicates and late events move nothing. */
export function hearCaller(floor: Floor, event: CallerEvent): void {
  if (event.type === 'caller.arrived') {
    receive(floor, event);
    return;
  }
  const run = floor.callers.get(event.caller);
  if (run === undefined) return;
  if (event.type === 'caller.hung-up') endCaller(floor, run, event.at);
  else hearDigit(floor, run, event.digit);
}

/** A person called one of our numbers: he talks to a free agent of its campaign, or is called by the first free one. */
function receive(floor: Floor, { caller, phone, line, at }: Extract<CallerEvent, { type: 'caller.arrived' }>): void {
  if (floor.callers.has(caller)) return;
  const campaign = campaignOf(floor, line, phone);
  const became = floor.act((): Became => {
    const run = campaign === undefined || line === null ? null : admit(floor, campaign, { caller, phone, line, at });
    const said = run === null ? 'no campaign of this line' : offer(floor, run);
    const data = { call: run?.id ?? null, campaign: campaign?.name ?? null, became: said };
    floor.store.journal.write({ at, subject: 'caller', id: line ?? 'unknown', event: 'arrived', data });
    return said;
  });
  floor.log.info({ line, phone, campaign: campaign?.name, became }, 'a person called us');
  if (became !== 'no campaign of this line') return;
  floor.pbx.dismiss(caller, null).catch((error: unknown) => {
    floor.log.warn({ line, reason: messageOf(error) }, 'the caller was not dismissed');
  });
}

function admit(
  floor: Floor,
  campaign: CampaignRun,
  { caller, phone, line, at }: Pick<CallerRun, 'phone' | 'line'> & { caller: CallerRun['channel']; at: number },
): CallerRun {
  const lead = phone === null ? null : leadOf(floor, campaign, phone).id;
  const id = floor.store.inbound.insert({ channel: caller, campaign: campaign.id, lead, phone, line }, at);
  const run: CallerRun = {
    ...{ id, channel: caller, campaign, lead, phone, line, arrivedAt: at, state: 'arrived', agent: null },
    ...{ bridgedAt: null, optedOutAt: null, failedAgents: new Set(), missed: 0 },
  };
  floor.callers.set(caller, run);
  return run;
}

/** The opt-out digit, while he talks or hears the message: written durably, and only then confirmed. */
function hearDigit(floor: Floor, run: CallerRun, digit: string): void {
  const { phone, campaign } = run;
  if (phone === null || run.optedOutAt !== null || optOutIn(digit, campaign.spec.optOutDigit) !== 'opted-out') return;
  floor.act(() => {
    optOut(floor, phone, { ...GLOBAL_OPT_OUT, source: 'dtmf', attempt: run.id });
    letGo(floor, run, campaign.spec.optOutMessage ?? null, { opted_out_at: floor.clock.now() });
  });
}

function leadOf(floor: Floor, campaign: CampaignRun, phone: Phone): LeadRow {
  const { leads } = floor.store;
  if (leads.find(campaign.id, phone) === undefined) {
    leads.insert(
      {
        ...{ campaign: campaign.id, phone, zone: null, person: null, name: null, region: null, priority: 0, vars: {} },
        ...{ list: LIST, listRow: 0 },
      },
      floor.clock.now(),
    );
  }
  const lead = leads.find(campaign.id, phone);
  if (lead === undefined) throw new Error('a lead written and not found');
  return lead;
}

/** The campaign that called this number last from this line; else a running one of the line, else any. */
function campaignOf(floor: Floor, line: Phone | null, phone: Phone | null): CampaignRun | undefined {
  if (line === null) return undefined;
  const all = [...floor.campaigns.values()];
  const last = phone === null ? null : floor.store.attempts.lastCampaign(phone, line);
  const ofLine = all.filter(({ spec }) => spec.line === line);
  return all.find(({ id }) => id === last) ?? ofLine.find(({ state }) => state === 'running') ?? ofLine.at(-1);
}
