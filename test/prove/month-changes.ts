import { moveCampaign } from '../../lib/dialer/campaign-run.ts';
import { agree } from '../../lib/dialer/agree.ts';
import type { CampaignRun, Floor } from '../../lib/dialer/floor.ts';
import { mendedFor, mendedForAll } from '../../lib/dialer/mended.ts';
import { optOut } from '../../lib/dialer/opt-outs.ts';
import { streamOf } from '../../lib/sim/model.ts';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
import {
  consentedAtFirst,
  DAY_MS,
  DRAW,
  giveConsent,
  HOUR_MS,
  MONTH_BEGINS,
  NUMBERS_A_LEAD,
  numberOf,
  registerLine,
  type MonthPlan,
} from './month-base.ts';
import type { MonthClock } from './month-clock.ts';
import { CALLER, phoneOf } from '../helpers/rig.ts';

/** Of all leads, so many a day. */
const SAY_NEVER = 0.0005;
const WITHDRAW = 0.0005;
const CONSENT = 0.001;
const CALL_ME = 0.0003;

/** Puts into the month what changes by itself: people's minds, and for a day the caller number's registration. */
export function planChanges(
  plan: MonthPlan,
  clock: Pick<MonthClock, 'now' | 'at'>,
  floor: Floor,
  campaign: CampaignRun,
): void {
  const { store } = floor;
  const random = streamOf(plan.seed, DRAW.change, 0);
  const some = (): number => Math.floor(random() * plan.leads);
  const often = (share: number, act: () => void): void => {
    for (let day = 0; day < plan.days; day += 1) {
      const times = plan.leads * share + random();
      for (let i = 1; i <= times; i += 1) clock.at(MONTH_BEGINS + day * DAY_MS + Math.floor(random() * DAY_MS), act);
    }
  };
  often(SAY_NEVER, () => {
    const phone = numberOf(some(), 1 + Math.floor(random() * NUMBERS_A_LEAD));
    optOut(floor, phone, { ...GLOBAL_OPT_OUT, source: 'cli' });
  });
  often(WITHDRAW, () => {
    for (const place of [1, 2]) {
      const [consent] = store.consents.of(numberOf(some(), place));
      if (consent !== undefined) store.consents.add({ ...consent, withdrawnAt: clock.now() }, clock.now());
    }
  });
  const without = Array.from({ length: plan.leads }, (_, i) => i).filter((i) => !consentedAtFirst(plan, i));
  often(CONSENT, () => {
    const lead = without[Math.floor(random() * without.length)];
    if (lead === undefined) return;
    for (let place = 1; place <= NUMBERS_A_LEAD; place += 1) {
      giveConsent(store, numberOf(lead, place), clock.now());
      mendedFor(floor, 'consent', numberOf(lead, place));
    }
  });

  often(CALL_ME, () => {
    const phone = numberOf(some(), 1);
    const lead = store.leads.find(campaign.id, phone);
    if (lead === undefined || lead.state === 'opted-out') return;
    // Nobody asks to be called on a number that is nobody's.
    if (store.leads.numbersOf(lead.id)[0]?.closed != null) return;
    agree(floor, campaign, lead, { kind: 'requested', dueAt: clock.now(), source: 'cli', place: 1 });
  });

  const lapses = MONTH_BEGINS + Math.floor(plan.days * 0.4) * DAY_MS + 22 * HOUR_MS;
  clock.at(lapses, () => {
    const [line] = store.registrations.ofCaller(phoneOf(CALLER));
    if (line === undefined) throw new Error('the caller number is not registered');
    store.registrations.insert({ ...line, caller: line.phone, status: 'suspended' }, clock.now());
  });
  clock.at(lapses + 16 * HOUR_MS, () => {
    registerLine(store, clock.now());
    mendedForAll(floor, 'line');
    moveCampaign(floor, campaign, 'resume');
  });
}
