import type { CampaignSpec } from './campaign-file.ts';
import { DISPOSITIONS } from './core/outcome.ts';
import { covers, type Filter } from './core/segment.ts';
import { isZone } from './core/zone-clock.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problems.ts';

type Path = readonly (string | number)[];
type ProblemAt = (path: Path, message: string) => Problem;

/** Codes of results a campaign’s filters may name. */
type Codes = readonly string[];

/**
 * What no schema can say of the filters of a campaign file: names that mean nothing, bounds turned round, and segments no
 * lead can ever fall into. Takes a file that may have any other mistake.
 */
export function filterProblems(written: Partial<CampaignSpec>, codes: Codes, problemAt: ProblemAt): Problem[] {
  const segments: readonly unknown[] = Array.isArray(written.segments) ? written.segments : [];
  const found = [
    ...wrongIn(written.where, ['where'], codes, problemAt),
    ...wrongIn(isRecord(written.redial) ? written.redial['where'] : null, ['redial', 'where'], codes, problemAt),
    ...segments.flatMap((segment, i) =>
      wrongIn(isRecord(segment) ? segment['where'] : null, ['segments', i, 'where'], codes, problemAt),
    ),
  ];
  return found.length > 0
    ? found
    : [...unreachable(segments, problemAt), ...nobodyCalled(written.where, segments, problemAt)];
}

function wrongIn(filter: unknown, path: Path, codes: Codes, problemAt: ProblemAt): Problem[] {
  if (!isRecord(filter)) return [];
  return Object.entries(filter).flatMap(([key, wanted]) => {
    const here = [...path, key];
    if (isRecord(wanted)) {
      const { min, max } = wanted as { min?: unknown; max?: unknown };
      if (typeof min !== 'number' || typeof max !== 'number' || min <= max) return [];
      return [problemAt(here, `${key} is from ${min} to ${max}, which is nothing: min must not be above max`)];
    }
    const words = (Array.isArray(wanted) ? wanted : [wanted]).filter((word) => typeof word === 'string');
    return words.flatMap((word, i) => {
      const text = wrongWord(key, word.trim(), codes);
      return text === null ? [] : [problemAt(Array.isArray(wanted) ? [...here, i] : here, text)];
    });
  });
}

function wrongWord(key: string, word: string, codes: Codes): string | null {
  if (word === '') return null;
  switch (key) {
    case 'disposition':
      return unknownWord('disposition', word, DISPOSITIONS);
    case 'result':
      return unknownWord('result', word, codes);
    case 'zone':
      return isZone(word) ? null : unknownWord('time zone', word, Intl.supportedValuesOf('timeZone'));
    default:
      return null;
  }
}

function unknownWord(what: string, word: string, known: readonly string[]): string | null {
  if (known.some((one) => one.toLowerCase() === word.toLowerCase())) return null;
  const near = nearest(word, known);
  const mend = near !== null ? `did you mean “${near}”?` : known.length > 40 ? '' : `known: ${known.join(', ')}`;
  return `there is no ${what} “${word}”${mend === '' ? '' : `; ${mend}`}`;
}

/** Of a list without other mistakes. */
function unreachable(segments: readonly unknown[], problemAt: ProblemAt): Problem[] {
  const parts = segments.filter(isRecord) as unknown as readonly { name: unknown; where: unknown }[];
  return parts.flatMap(({ name, where }, i) => {
    const before = parts.slice(0, i);
    if (before.some((one) => one.name === name)) {
      return [problemAt(['segments', i, 'name'], `two segments are called “${String(name)}”: give each its own name`)];
    }
    if (!isFilter(where)) return [];
    const first = before.find((one) => isFilter(one.where) && covers(one.where, where));
    if (first === undefined) return [];
    const text = `no lead can be in “${String(name)}”: whoever meets this is in “${String(first.name)}” before it; put the narrower one first`;
    return [problemAt(['segments', i, 'where'], text)];
  });
}

/** Of a list without other mistakes: every lead `where` lets pass falls into segments that are never called. */
function nobodyCalled(where: unknown, segments: readonly unknown[], problemAt: ProblemAt): Problem[] {
  const parts = segments.filter(isRecord) as unknown as readonly { name: unknown; where: unknown; share?: unknown }[];
  const called = parts.findIndex(({ share }) => share !== 0);
  const never = called === -1 ? parts : parts.slice(0, called);
  const base = isFilter(where) ? where : {};
  const last = never.findIndex((one) => isFilter(one.where) && (covers(one.where, base) || takesAll(one.where)));
  if (last === -1) return [];
  const whose = last === 0 ? 'its share is' : 'its share and those before it are';
  const text = `nobody would ever be called: “${String(never[last]?.name)}” takes all leads that are left, and ${whose} 0; give a share above 0, or narrow its where`;
  return [problemAt(['segments', last, 'share'], text)];
}

/** Whether every lead there can be meets it: no lead has fewer attempts than 0. */
function takesAll(filter: Filter): boolean {
  return Object.keys(filter).length > 0 && covers(filter, { attempts: { min: 0 } });
}

function isFilter(value: unknown): value is Filter {
  const one = (wanted: unknown): boolean => ['string', 'number'].includes(typeof wanted);
  return isRecord(value) && Object.values(value).every((wanted) => one(wanted) || isRecord(wanted) || isTexts(wanted));
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
