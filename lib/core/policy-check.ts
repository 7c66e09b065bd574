import { DAY_KINDS, isDate } from './calendar.ts';
import { DIAL_MODES, PURPOSES, type DialMode, type Purpose } from './campaign.ts';
import type { PersonalDataBasis } from './facts.ts';
import { windowFrom, type Cell, type FreqLimits, type PolicyPack } from './policy.ts';

/**
 * What a schema cannot see, each as a sentence; empty when all is well. `shipped` is the pack obzvon ships for the
 * same country: a cell may be wider than there only by an override that names a legal opinion, of before `now`.
 */
export function checkPolicy(pack: PolicyPack, shipped: PolicyPack | null, now: number): string[] {
  return [
    ...checkDates(pack),
    ...PURPOSES.flatMap((purpose) => checkPurpose(pack, purpose)),
    ...(shipped === null ? [] : checkNotWider(pack, shipped)),
    ...checkOverrides(pack, now),
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
  const bases: readonly PersonalDataBasis[] | undefined = pack.personalData?.[purpose];
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
  if (pack.personalData !== null && (bases?.length ?? 0) === 0) {
    problems.push(`personalData.${purpose}: names no basis`);
  }
  return problems;
}

function checkFreq({ answered }: FreqLimits, purpose: Purpose): string[] {
  const caps = [answered.day, answered.week, answered.month].filter((cap) => cap !== null);
  const ordered = caps.every((cap, index) => index === 0 || cap >= (caps[index - 1] ?? 0));
  return ordered ? [] : [`freq.${purpose}.answered: a longer window must not have a lower cap`];
}

/** Rules of a country that a pack may tighten, not drop. */
const KEPT = ['mav', 'personalData', 'dnc'] as const satisfies readonly (keyof PolicyPack)[];

function checkNotWider(pack: PolicyPack, shipped: PolicyPack): string[] {
  const dropped = KEPT.filter((field) => pack[field] === null && shipped[field] !== null);
  return [
    ...dropped.map((field) => `${field}: null, though ${shipped.id} ${shipped.version} has such a rule: keep it`),
    ...checkMatrixNotWider(pack, shipped),
  ];
}

function checkMatrixNotWider(pack: PolicyPack, shipped: PolicyPack): string[] {
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

/** A day has begun somewhere this long before it begins in UTC. */
const EARLIEST_DAY_MS = 14 * 3_600_000;

function checkOverrides(pack: PolicyPack, now: number): string[] {
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
      ...checkOpinionDate(opinion.date, now).map((problem) => `overrides[${index}].opinion.date: ${problem}`),
      ...(/^[0-9a-f]{64}$/.test(opinion.sha256) ? [] : [`overrides[${index}].opinion.sha256: not a SHA-256 in hex`]),
      ...(opinion.ref.trim() !== '' && opinion.signatory.trim() !== ''
        ? []
        : [`overrides[${index}].opinion: needs a reference and a signatory`]),
    ];
  });
}

function checkOpinionDate(date: string, now: number): string[] {
  if (!isDate(date)) return [`${date} is no date`];
  return Date.parse(`${date}T00:00:00Z`) > now + EARLIEST_DAY_MS ? [`${date} is yet to come`] : [];
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
