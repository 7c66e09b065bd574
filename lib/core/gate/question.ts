import {
  hoursAt,
  zoneEvidence,
  type Hours,
  type HoursRule,
  type RangeEvidence,
  type Window,
  type ZoneEvidence,
} from '../calling-hours.ts';
import type { Purpose } from '../campaign.ts';
import type { ConsentKind, GateFacts } from '../facts.ts';
import { classOf } from '../number-class.ts';
import { cellOf, gapFor, type Policy } from '../policy.ts';
import type { Code, Finding } from '../verdict.ts';
import { searchConsent, type ConsentSearch } from './consent.ts';
import { searchLine, type LineSearch } from './mav.ts';

/** The call the gate is asked about, with what several checks share worked out once. */
export interface Question {
  readonly facts: GateFacts;
  readonly policy: Policy;
  readonly now: number;
  /** Null also when the policy has no rules for it: then nothing of that purpose is asked. */
  readonly purpose: Purpose | null;
  readonly gap: string | null;
  /** Null: the matrix keeps this purpose closed in this mode. */
  readonly cell: ReturnType<typeof cellOf>;
  readonly consent: ConsentSearch | null;
  /** The consent to processing, where the campaign rests on each person's own. */
  readonly personalData: ConsentSearch | null;
  /** The consent of a third party to be called about another's debt. */
  readonly thirdParty: ConsentSearch | null;
  readonly line: LineSearch | null;
  readonly zone: ZoneEvidence;
  /** False: where the person is counts as unknown for this purpose, and every zone of the country must be open. */
  readonly placeKnown: boolean;
  readonly hoursRule: HoursRule | null;
  readonly hours: Hours | null;
}

/** One thing the gate asks. */
export interface Check {
  /** What is asked, in a few words. */
  readonly name: string;
  /** All codes it can answer with. */
  readonly codes: readonly Code[];
  /** What is wrong; nothing when all is well. */
  find(asked: Question): readonly Finding[];
  /** What was looked at, as a sentence. */
  say(asked: Question): string;
}

/** Works out what the checks share. */
export function question(facts: GateFacts, policy: Policy, now: number): Question {
  const wanted = facts.campaign.purpose;
  const gap = wanted === null ? null : gapFor(policy, wanted);
  const purpose = gap === null ? wanted : null;
  const cell = purpose === null ? null : cellOf(policy, purpose, facts.campaign.mode);
  const { zone, placeKnown, hoursRule } = callingHours(facts, facts.campaign.hours, policy, purpose);
  const search = (wanted: boolean, needs: readonly ConsentKind[]) =>
    wanted && purpose !== null ? searchConsent(facts, policy, purpose, needs, now) : null;
  const restsOnConsent = policy.personalData !== null && facts.campaign.personalData === 'consent';
  const thirdParty = purpose === 'collection' && facts.debtorFlags.some(({ flag }) => flag === 'third-party');
  return {
    facts,
    policy,
    now,
    purpose,
    gap,
    cell,
    consent: search(cell !== null, cell?.needs ?? []),
    personalData: search(restsOnConsent, ['PD']),
    thirdParty: search(thirdParty, ['CALL']),
    line: purpose === null || facts.caller === null ? null : searchLine(facts, policy, purpose, now),
    zone,
    placeKnown,
    hoursRule,
    hours: hoursRule === null ? null : hoursAt(hoursRule, now),
  };
}

/** Where the person may be, and when he may be called there; no rule without a purpose. */
export function callingHours(
  person: Pick<GateFacts, 'lead' | 'range'>,
  narrow: Window | null,
  policy: Policy,
  purpose: Purpose | null,
): Pick<Question, 'zone' | 'placeKnown' | 'hoursRule'> {
  const zone = zoneEvidence(person.lead, policy.regions, policy.allZones, rangeEvidence(person));
  const placeKnown = isPlaceKnown(zone, policy, purpose);
  const hoursRule = purpose === null ? null : hoursRuleOf(narrow, policy, purpose, zone, placeKnown);
  return { zone, placeKnown, hoursRule };
}

function rangeEvidence({
  lead: { number },
  range,
}: Pick<GateFacts, 'range'> & { lead: Pick<GateFacts['lead'], 'number'> }): RangeEvidence | null {
  if (!number.ok || range === null || range === 'unallocated') return null;
  const { kind } = classOf(number.phone);
  if (kind !== 'mobile' && kind !== 'geographic') return null;
  return { source: kind === 'mobile' ? 'def' : 'abc', regions: range.regions };
}

/** The zones a lead may be in when it is called on this number. */
export function zonesOfLead(person: Pick<GateFacts, 'lead' | 'range'>, policy: Policy): readonly string[] {
  return zoneEvidence(person.lead, policy.regions, policy.allZones, rangeEvidence(person)).zones;
}

function isPlaceKnown({ source }: ZoneEvidence, { zones }: Policy, purpose: Purpose | null): boolean {
  return source !== 'none' && !(source === 'def' && purpose !== null && zones.weakIsUnknownFor.includes(purpose));
}

function hoursRuleOf(
  narrow: Window | null,
  policy: Policy,
  purpose: Purpose,
  zone: ZoneEvidence,
  placeKnown: boolean,
): HoursRule {
  return {
    zones: placeKnown ? zone.zones : policy.allZones,
    region: zone.region,
    windows: policy.windows[purpose],
    narrow,
    marginMin: placeKnown && zone.source === 'def' ? policy.zones.weakMarginMin : 0,
    endGuardS: policy.endGuardS,
    calendars: policy.calendarOf,
  };
}
