import type { BlockRules } from './blocked.ts';
import { DAY_KINDS, isDate, type Calendar, type DayKind } from './calendar.ts';
import type { Window, Windows } from './calling-hours.ts';
import { DIAL_MODES, PURPOSES, type DialMode, type Purpose } from './campaign.ts';
import type { ConsentKind } from './facts.ts';
import { indexRegions, type Region, type RegionIndex } from './region.ts';
import type { Opinion } from './verdict.ts';

/** A cell of the matrix: closed, or the kinds of consent a call needs (none for an empty list). */
export type Cell = 'closed' | readonly ConsentKind[];

/** The rules as their file says them. Shape: schemas/policy.json; what a schema cannot see: `checkPolicy`. */
export interface PolicyPack {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  /** What this pack is not: legal advice. */
  readonly notice: string;
  readonly country: string;
  /** First and last day of validity, UTC, `YYYY-MM-DD`. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly legalRefs: readonly { readonly act: string; readonly about: string; readonly sure: boolean }[];
  /** Fields that rest on memory, on one source or on judgement. */
  readonly unsure: readonly { readonly field: string; readonly why: string }[];
  readonly jurisdictions: readonly string[];
  readonly calendars: readonly string[];
  readonly zones: {
    readonly table: string;
    readonly weakMarginMin: number;
    readonly weakIsUnknownFor: readonly Purpose[];
  };
  readonly matrix: Readonly<Record<Purpose, Readonly<Record<DialMode, Cell>>>>;
  readonly overrides: readonly Override[];
  /** Purposes open to these entities (ИНН) alone; a subscriber's refusal does not stop them. */
  readonly stateBodies: { readonly purposes: readonly Purpose[]; readonly entities: readonly string[] };
  readonly hours: Readonly<Record<Purpose, Readonly<Record<DayKind, readonly [from: string, to: string] | null>>>>;
  readonly endGuardS: number;
  readonly freq: Readonly<Record<Purpose, FreqLimits>>;
  readonly minIntervalS: number;
  /** Hours without this mode after an abandoned call; null: none. */
  readonly dropCooldownH: Readonly<Record<DialMode, number | null>>;
  readonly abandon: {
    readonly max: number;
    readonly target: number;
    /** Purposes whose target is another. */
    readonly targets: Readonly<Partial<Record<Purpose, number>>>;
    readonly windowDays: number;
    readonly messageWithinS: number;
  };
  /** Null where no register of mass callers exists. */
  readonly mav: {
    readonly labelMaxChars: number;
    readonly labelPattern: string;
    readonly blocked: BlockRules;
  } | null;
  readonly consent: Readonly<Record<ConsentKind, ConsentRule>>;
  /** External do-not-call register, null where there is none. */
  readonly dnc: { readonly registry: string; readonly maxAgeDays: number } | null;
}

/** Caps over rolling windows; null: no cap. */
export interface FreqLimits {
  readonly key: 'number' | 'creditor-debtor';
  readonly attemptsDay: number | null;
  readonly answered: { readonly day: number | null; readonly week: number | null; readonly month: number | null };
}

/** What a consent of this kind must have. */
export interface ConsentRule {
  readonly verified: boolean;
  readonly evidence: boolean;
  readonly maxAgeDays: number | null;
}

/** Opens one cell of the matrix on the strength of a written legal opinion. */
export interface Override {
  /** `matrix.<purpose>.<mode>` */
  readonly field: string;
  readonly value: readonly ConsentKind[];
  readonly opinion: Opinion;
}

/** A pack in force, with all it leans on. */
export interface Policy extends PolicyPack {
  /** SHA-256 over the hashes of `sources`: any change of pack, calendars or zones changes it. */
  readonly hash: string;
  readonly sources: readonly { readonly name: string; readonly sha256: string }[];
  readonly validFromMs: number;
  /** Exclusive. */
  readonly validToMs: number;
  readonly windows: Readonly<Record<Purpose, Windows>>;
  readonly calendarOf: Readonly<Record<number, Calendar>>;
  readonly regions: RegionIndex;
  readonly allZones: readonly string[];
  readonly label: RegExp | null;
}

const DAY_MS = 86_400_000;

/** Puts a checked pack together with its calendars and regions. */
export function compilePolicy(
  pack: PolicyPack,
  parts: Pick<Policy, 'hash' | 'sources'> & {
    readonly calendars: readonly Calendar[];
    readonly regions: readonly Region[];
  },
): Policy {
  return {
    ...pack,
    hash: parts.hash,
    sources: parts.sources,
    validFromMs: Date.parse(`${pack.validFrom}T00:00:00Z`),
    validToMs: Date.parse(`${pack.validTo}T00:00:00Z`) + DAY_MS,
    windows: mapPurposes((purpose) => ({
      work: windowFrom(pack.hours[purpose].work),
      off: windowFrom(pack.hours[purpose].off),
      holiday: windowFrom(pack.hours[purpose].holiday),
    })),
    calendarOf: Object.fromEntries(parts.calendars.map((calendar) => [calendar.year, calendar])),
    regions: indexRegions(parts.regions),
    allZones: [...new Set(parts.regions.flatMap((region) => region.zones))],
    label: pack.mav === null ? null : new RegExp(pack.mav.labelPattern, 'u'),
  };
}

function mapPurposes<T>(of: (purpose: Purpose) => T): Record<Purpose, T> {
  return Object.fromEntries(PURPOSES.map((purpose) => [purpose, of(purpose)])) as Record<Purpose, T>;
}

function windowFrom(hours: readonly [string, string] | null): Window | null {
  return hours === null ? null : { fromMin: minutesOf(hours[0]), toMin: minutesOf(hours[1]) };
}

function minutesOf(clock: string): number {
  const [hours = '', minutes = ''] = clock.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** What the policy lacks to judge a call of this purpose; null: nothing. A checked pack lacks nothing. */
export function gapFor(policy: Policy, purpose: Purpose): string | null {
  const { matrix, windows, freq }: { [K in 'matrix' | 'windows' | 'freq']: Partial<Policy[K]> } = policy;
  if (matrix[purpose] === undefined) return `no matrix row for ${purpose}`;
  if (windows[purpose] === undefined) return `no hours for ${purpose}`;
  if (freq[purpose] === undefined) return `no frequency limits for ${purpose}`;
  return policy.allZones.length === 0 ? 'no time zones' : null;
}

/** What a call of this purpose and mode needs, with the opinion that opened it; null when it is closed. */
export function cellOf(
  policy: Pick<PolicyPack, 'matrix' | 'overrides'>,
  purpose: Purpose,
  mode: DialMode,
): { readonly needs: readonly ConsentKind[]; readonly opinion: Opinion | null } | null {
  const override = policy.overrides.find(({ field }) => field === `matrix.${purpose}.${mode}`);
  if (override !== undefined) return { needs: override.value, opinion: override.opinion };
  const cell = policy.matrix[purpose][mode];
  return cell === 'closed' ? null : { needs: cell, opinion: null };
}

/**
 * What a schema cannot see, each as a sentence; empty when all is well. `shipped` is the pack obzvon ships for the
 * same country: a cell may be wider than there only by an override that names a legal opinion.
 */
export function checkPolicy(pack: PolicyPack, shipped: PolicyPack | null): string[] {
  return [
    ...checkDates(pack),
    ...PURPOSES.flatMap((purpose) => checkPurpose(pack, purpose)),
    ...(shipped === null ? [] : checkNotWider(pack, shipped)),
    ...checkOverrides(pack),
    ...checkNumbers(pack),
  ];
}

function checkDates(pack: PolicyPack): string[] {
  const wrong = (['validFrom', 'validTo'] as const).filter((field) => !isDate(pack[field]));
  if (wrong.length > 0) return wrong.map((field) => `${field}: ${pack[field]} is no date`);
  return pack.validFrom > pack.validTo ? ['validTo: lies before validFrom'] : [];
}

function checkPurpose(pack: PolicyPack, purpose: Purpose): string[] {
  const row: Partial<Record<DialMode, Cell>> | undefined = pack.matrix[purpose];
  const hours: Partial<PolicyPack['hours'][Purpose]> | undefined = pack.hours[purpose];
  const freq: FreqLimits | undefined = pack.freq[purpose];
  const problems = [
    ...DIAL_MODES.filter((mode) => row?.[mode] === undefined).map((mode) => `matrix.${purpose}.${mode}: missing`),
    ...DAY_KINDS.filter((kind) => hours?.[kind] === undefined).map((kind) => `hours.${purpose}.${kind}: missing`),
    ...(freq === undefined ? [`freq.${purpose}: missing`] : checkFreq(freq, purpose)),
  ];
  for (const kind of DAY_KINDS) {
    const window = windowFrom(hours?.[kind] ?? null);
    if (window === null) continue;
    if (!(window.fromMin >= 0 && window.toMin <= 1_440 && window.fromMin * 60 + pack.endGuardS < window.toMin * 60)) {
      problems.push(`hours.${purpose}.${kind}: must open before it closes, by more than endGuardS`);
    }
  }
  const everOpen = DAY_KINDS.some((kind) => (hours?.[kind] ?? null) !== null);
  const dialed = DIAL_MODES.some((mode) => row?.[mode] !== 'closed');
  if (dialed && !everOpen) problems.push(`hours.${purpose}: closed on every day, though the matrix opens it`);
  return problems;
}

function checkFreq({ answered }: FreqLimits, purpose: Purpose): string[] {
  const caps = [answered.day, answered.week, answered.month].filter((cap) => cap !== null);
  const ordered = caps.every((cap, index) => index === 0 || cap >= (caps[index - 1] ?? 0));
  return ordered ? [] : [`freq.${purpose}.answered: a longer window must not have a lower cap`];
}

function checkNotWider(pack: PolicyPack, shipped: PolicyPack): string[] {
  return PURPOSES.flatMap((purpose) =>
    DIAL_MODES.flatMap((mode) => {
      const cell: Cell | undefined = pack.matrix[purpose]?.[mode];
      const limit = shipped.matrix[purpose][mode];
      if (cell === undefined || cell === 'closed') return [];
      if (limit !== 'closed' && limit.every((kind) => cell.includes(kind))) return [];
      return [
        `matrix.${purpose}.${mode}: wider than ${shipped.id} ${shipped.version}: ` +
          `leave it as there and add an override that names a legal opinion`,
      ];
    }),
  );
}

function checkOverrides(pack: PolicyPack): string[] {
  const fields = pack.overrides.map(({ field }) => field);
  return pack.overrides.flatMap(({ field, opinion }, index) => {
    const [room, purpose, mode, ...rest] = field.split('.');
    const known =
      room === 'matrix' &&
      (PURPOSES as readonly (string | undefined)[]).includes(purpose) &&
      (DIAL_MODES as readonly (string | undefined)[]).includes(mode) &&
      rest.length === 0;
    return [
      ...(known ? [] : [`overrides[${index}].field: ${field} is no cell of the matrix`]),
      ...(fields.indexOf(field) === index ? [] : [`overrides[${index}].field: ${field} is overridden twice`]),
      ...(isDate(opinion.date) ? [] : [`overrides[${index}].opinion.date: ${opinion.date} is no date`]),
      ...(/^[0-9a-f]{64}$/.test(opinion.sha256) ? [] : [`overrides[${index}].opinion.sha256: not a SHA-256 in hex`]),
      ...(opinion.ref.trim() !== '' && opinion.signatory.trim() !== ''
        ? []
        : [`overrides[${index}].opinion: needs a reference and a signatory`]),
    ];
  });
}

function checkNumbers(pack: PolicyPack): string[] {
  const { abandon, mav } = pack;
  const targets = [abandon.target, ...Object.values(abandon.targets)];
  const problems = targets.every((target) => target <= abandon.max) ? [] : ['abandon: a target is above max'];
  if (mav !== null && !compiles(mav.labelPattern)) problems.push('mav.labelPattern: not a regular expression');
  return problems;
}

function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}
