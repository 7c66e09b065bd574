import { callbackTime, instantIn, localText, readTime, type CallbackTime, type Wish } from '../core/callback-time.ts';
import type { TimeOfDay } from '../core/result.ts';
import { CODES } from '../core/verdict.ts';
import { offsetMs } from '../core/zone-clock.ts';
import { ObzvonError } from '../errors.ts';
import { callbackPurpose } from '../core/gate/callback.ts';
import type { GateFacts } from '../core/facts.ts';
import { question } from '../core/gate/question.ts';
import type { GateCampaign, GateLead } from '../store/facts.ts';
import { withAgentReserved } from './callbacks.ts';
import { gateCampaign } from './campaign-run.ts';
import type { CampaignRun, Floor } from './floor.ts';

/** Whether the person may be called back at a time he wishes, as the gate would say; nothing is written. */
export function mayCallBack(floor: Floor, campaign: CampaignRun, lead: GateLead, wish: Wish): CallbackTime {
  const now = floor.clock.now();
  const facts = callbackFacts(floor, campaign, lead, now);
  const atThat = wish.at === null ? facts : callbackFacts(floor, campaign, lead, wish.at);
  return callbackTime(now, facts, { ...atThat, campaign: facts.campaign }, campaign.policy, wish);
}

/** The zones the person may be in, by all evidence there is. */
export function zonesOf(floor: Floor, campaign: CampaignRun, lead: GateLead): readonly string[] {
  const now = floor.clock.now();
  return question(callbackFacts(floor, campaign, lead, now), campaign.policy, now).zone.zones;
}

/** The facts of a call that keeps a callback: a running campaign, an agent reserved, no call going on. */
function callbackFacts(floor: Floor, campaign: CampaignRun, lead: GateLead, now: number): GateFacts {
  const asked: GateCampaign = { ...withAgentReserved(gateCampaign(floor, campaign)), state: 'running' };
  const { facts } = floor.store.gate.rehearse(asked, lead, campaign.policy, now);
  const purpose = callbackPurpose(facts, campaign.policy, floor.clock.now());
  const clock = { lastRecordedAt: null, jumpedAt: null };
  return { ...facts, clock, inFlight: false, campaign: { ...facts.campaign, purpose } };
}

/** A time that was agreed, and until when it may be kept. */
type Agreed = Extract<CallbackTime, { ok: true }>;

/** When the person is called back who wishes that; throws the refusal with the nearest lawful time. */
export function agreedTime(floor: Floor, campaign: CampaignRun, lead: GateLead, wish: Wish): Agreed {
  const time = mayCallBack(floor, campaign, lead, wish);
  if (time.ok) return time;
  const { code, detail, nearestAt, zone } = time;
  if (code === null) throw new ObzvonError('USAGE', `no callback then: ${detail}`, { hint: 'give a time to come' });
  throw new ObzvonError('REFUSED_BY_GATE', `no callback then: ${code}: ${detail}`, {
    details: [`rests on: ${CODES[code].law}`],
    ...(nearestAt === null ? {} : { hint: `the nearest lawful time is ${localText(nearestAt, zone)}` }),
  });
}

/** For a time nobody named to the minute: that one, or the lawful one nearest to it. */
export function timeAbout(floor: Floor, campaign: CampaignRun, lead: GateLead, wish: Wish): Agreed {
  const time = mayCallBack(floor, campaign, lead, wish);
  const at = time.ok ? wish.at : (time.nearestAt ?? wish.at);
  return time.ok ? time : agreedTime(floor, campaign, lead, { ...wish, at });
}

/** The instant a typed time means; throws USAGE when it is none, or nobody knows by which clock. */
export function instantTyped(floor: Floor, campaign: CampaignRun, lead: GateLead, typed: string): number {
  const time = readTime(typed);
  if (time === null) {
    throw new ObzvonError('USAGE', `“${typed}” is no time`, { hint: 'give one such as 2026-11-25T14:05' });
  }
  const zones = zonesOf(floor, campaign, lead);
  const at = instantIn(time, zones);
  if (at !== null) return at;
  const where = zones.length > 3 ? `${zones.length} zones` : zones.join(', ');
  throw new ObzvonError('USAGE', `by which clock is ${typed}? The person may be in ${where}`, {
    hint: 'give the time with an offset, 2026-11-25T14:05+10:00, or say where he is: callback add --zone Asia/Vladivostok',
  });
}

/** The next instant at which the callee's clock shows this time; throws USAGE when nobody knows by which clock. */
export function nextInstant(floor: Floor, campaign: CampaignRun, lead: GateLead, { hour, minute }: TimeOfDay): number {
  const now = floor.clock.now();
  const [zone = 'UTC'] = zonesOf(floor, campaign, lead);
  const two = (n: number) => String(n).padStart(2, '0');
  const on = (at: number): number => {
    const day = new Date(at + offsetMs(zone, at)).toISOString().slice(0, 10);
    return instantTyped(floor, campaign, lead, `${day}T${two(hour)}:${two(minute)}`);
  };
  const today = on(now);
  return today > now ? today : on(now + DAY_MS);
}

const DAY_MS = 86_400_000;
