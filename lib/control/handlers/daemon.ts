import type { Clock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import type { Phone } from '../../core/phone.ts';
import { parsePhone, phoneFromInteger } from '../../core/phone.ts';
import type { Policy } from '../../core/policy.ts';
import type { ScheduleSpec } from '../../core/schedule.ts';
import type { Slot } from '../../core/slots.ts';
import type { Engine } from '../../dialer/engine.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { ObzvonError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { ScheduleRow } from '../../store/schedules.ts';
import type { Store } from '../../store/store.ts';
import type { ScheduleRun } from '../commands/schedules.ts';

/** The daemon's clockwork; lib/schedule is it. */
export interface Schedules {
  add(spec: ScheduleSpec): 'created' | 'unchanged';
  remove(name: string): void;
  run(name: string, local: string | null): Promise<Omit<ScheduleRun, 'name'>>;
  next(row: ScheduleRow): Slot | null;
  isRunning(name: string): boolean;
  /** What is wrong with an expression. */
  faultsOf(cron: string, zone: string): readonly string[];
}

/** What the handlers may use: the running daemon, as `bin/obzvond.ts` put it together. */
export interface Daemon {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Store;
  readonly engine: Engine;
  readonly schedules: Schedules;
  readonly version: string;
  readonly startedAt: number;
  /** The config in force; reload replaces it. */
  config(): Config;
  /** Policy packs in force, by id. */
  policies(): ReadonlyMap<string, Policy>;
  reload(): { changed: string[]; needRestart: string[] };
}

/** The campaign of this name, or NOT_FOUND. */
export function campaignNamed(daemon: Daemon, name: string): CampaignRun {
  const campaign = daemon.engine.floor.campaigns.get(name);
  if (campaign === undefined) throw new ObzvonError('NOT_FOUND', `there is no campaign “${name}”`);
  return campaign;
}

/** The phone as typed by a person, or USAGE with the reason. */
export function phoneTyped(text: string): Phone {
  const parsed = parsePhone(text);
  if (!parsed.ok) throw new ObzvonError('USAGE', `“${text}” is not a number to call: ${parsed.reason}`);
  return parsed.phone;
}

/** A stored number for a reply; an erased person has none any more. */
export function shownPhone(integer: number): string {
  return integer < 0 ? 'erased' : phoneFromInteger(integer);
}
