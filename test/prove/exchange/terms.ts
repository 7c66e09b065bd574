import { phoneFromInteger, phoneToInteger } from '../../../lib/core/phone.ts';
import { CALLER, phoneOf } from '../../helpers/rig.ts';
import type { Terms } from '../lives/invariants.ts';
import type { History } from '../lives/history.ts';
import type { SeenCall } from './switch.ts';

/** What the worlds of prove:kill are set up with, told to the checker too. */
export const AGENTS = 6;
export const TRUNK = { channels: 14, originatesPerSecond: 20 };
export const PER_DAY = 3;
export const OPT_OUT_MESSAGE = 'sound:vm-goodbye';

export interface CampaignPlan {
  readonly name: string;
  /** First digits of its numbers after 7916. */
  readonly digit: number;
  /** Lines of its file. */
  readonly more: string;
  /** Calls go out from local midnight until noon alone. */
  readonly mornings: boolean;
}

const COMMON = `maxAttemptsPerDay: ${PER_DAY}
minIntervalMin: 1
answerLimitMs: 800
optOutMessage: "${OPT_OUT_MESSAGE}"
retry:
${['busy', 'no-answer', 'unreachable', 'congestion', 'trunk-failure', 'cancelled', 'abandoned'].map((name) => `  ${name}: { afterMin: 1 }\n`).join('')}`;

export const CAMPAIGNS: readonly CampaignPlan[] = [
  { name: 'one-by-one', digit: 1, more: COMMON, mornings: false },
  {
    name: 'ahead',
    digit: 2,
    more: `${COMMON}mode: predictive\npacing: { method: ratio, ratio: 2 }\n`,
    mornings: false,
  },
  { name: 'mornings', digit: 3, more: `${COMMON}hours: { from: "00:00", to: "12:00" }\n`, mornings: true },
];

/** Zones of Russia without seasons, with their hours before UTC. */
const ZONES: readonly (readonly [string, number])[] = [
  ['Europe/Kaliningrad', 2],
  ['Europe/Moscow', 3],
  ['Europe/Samara', 4],
  ['Asia/Yekaterinburg', 5],
  ['Asia/Omsk', 6],
  ['Asia/Krasnoyarsk', 7],
  ['Asia/Irkutsk', 8],
  ['Asia/Yakutsk', 9],
  ['Asia/Vladivostok', 10],
  ['Asia/Magadan', 11],
  ['Asia/Kamchatka', 12],
];

/** Number and zone of the nth lead of a campaign, from 0. */
export function leadOf({ digit }: CampaignPlan, n: number): { readonly phone: string; readonly zone: string } {
  const [zone] = ZONES[n % ZONES.length] ?? ['Europe/Moscow', 3];
  return { phone: `+7916${digit}${String(n).padStart(6, '0')}`, zone };
}

function open(phone: number, at: number): boolean {
  const serial = phone % 1_000_000;
  const digit = Math.floor(phone / 1_000_000) % 10;
  if (CAMPAIGNS.find((campaign) => campaign.digit === digit)?.mornings !== true) return true;
  const [, hours] = ZONES[serial % ZONES.length] ?? ['', 3];
  return new Date(at + hours * 3_600_000).getUTCHours() < 12;
}

/** What the witness hands to the checker. */
export interface Seen extends History {
  readonly calls: readonly SeenCall[];
  /** When the witness's own process stood still, and how long. */
  readonly stalls: readonly { readonly at: number; readonly ms: number }[];
  /** Numbers somebody tried to opt out, acknowledged or not. */
  readonly toldOff: readonly number[];
}

const STALL_REACHES_MS = 2_000;

export function termsFor({ stalls, toldOff }: Seen, atRest: boolean): Terms {
  const off = new Set(toldOff);
  return {
    caller: phoneToInteger(phoneOf(CALLER)),
    trunks: { pstn: TRUNK },
    perDay: PER_DAY,
    minIntervalMs: 60_000,
    open,
    mayDial: (phone) => phoneFromInteger(phone).startsWith('+7916'),
    endedByPeople: (call) => {
      const { endedBy, legGone, phone } = call as SeenCall;
      return endedBy === 'person' || legGone || off.has(phone);
    },
    lateMs: (at) =>
      stalls.reduce((most, stall) => (Math.abs(stall.at - at) < STALL_REACHES_MS ? Math.max(most, stall.ms) : most), 0),
    atRest,
  };
}
