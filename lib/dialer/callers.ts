import type { CallbackKind } from '../core/callback.ts';
import { phoneToInteger, type Phone } from '../core/phone.ts';
import { messageOf } from '../errors.ts';
import type { LeadRow } from '../store/leads.ts';
import { agree } from './callbacks.ts';
import type { CampaignRun, Floor } from './floor.ts';
import { standingOptOut } from './lead-moves.ts';
import type { PbxEvent } from './pbx.ts';

/** So long the message takes at most: who still listens to it would be busy for his callback. */
const MESSAGE_MS = 15_000;
/** The list of leads that came by calling us. */
const LIST = 'callback';
const MISSED: CallbackKind = 'missed';

type Arrival = Extract<PbxEvent, { type: 'caller.arrived' }>;

/** What became of a person who called one of our numbers. */
type Became = 'owed a callback' | 'withheld number' | 'opted out' | 'no campaign of this line';

/**
 * A person called one of our numbers: he is owed a call by the first free agent, written down before he hears so. Who
 * hides his number cannot be called, and who opted out is not: calling us takes no opt-out back.
 */
export function receiveCaller(floor: Floor, { caller, phone, line, at }: Arrival): void {
  const campaign = campaignOf(floor, line, phone);
  const became = floor.act((): Became => {
    const said = promiseTo(floor, campaign, phone, line);
    const data = { campaign: campaign?.name ?? null, became: said };
    floor.store.journal.write({ at, subject: 'caller', id: line ?? 'unknown', event: 'arrived', data });
    return said;
  });
  floor.log.info({ line, phone, campaign: campaign?.name, became }, 'a person called us');
  const message = campaign?.spec.callbacks.message ?? null;
  floor.pbx.dismiss(caller, message).catch((error: unknown) => {
    floor.log.warn({ line, reason: messageOf(error) }, 'the caller heard no message');
  });
}

function promiseTo(floor: Floor, campaign: CampaignRun | undefined, phone: Phone | null, line: Phone | null): Became {
  if (campaign === undefined) return 'no campaign of this line';
  if (phone === null) return 'withheld number';
  const lead = leadOf(floor, campaign, phone);
  const numbers = floor.store.leads.numbersOf(lead.id);
  if (standingOptOut(floor, numbers, campaign) !== undefined) return 'opted out';
  const place = numbers.find((number) => number.phone === phoneToInteger(phone))?.place ?? lead.place;
  const dueAt = floor.clock.now() + MESSAGE_MS;
  agree(floor, campaign, lead, { kind: MISSED, dueAt, place, source: `line ${line ?? ''}` });
  return 'owed a callback';
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
