import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCalendar, type Calendar } from '../core/calendar.ts';
import { checkPolicy } from '../core/policy-check.ts';
import { compilePolicy, type Policy, type PolicyFile, type PolicyPack } from '../core/policy.ts';
import { indexRegions, type Region, type RegionIndex } from '../core/region.ts';
import { messageOf, ObzvonError } from '../errors.ts';

/** A pack that ships with obzvon, by its id, or an operator's own file. */
export type PolicySource = { readonly id: string } | { readonly path: string };

/** Checks a value against a schema of this name; each mistake as a sentence. */
export type Validate = (schema: 'policy' | 'calendar', value: unknown) => readonly string[];

interface Source extends PolicyFile {
  readonly value: unknown;
}

const HERE = dirname(fileURLToPath(import.meta.url));

/** Ids of the packs that ship with obzvon. */
export function shippedPolicies(): string[] {
  return readdirSync(resolve(HERE, 'policies'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => basename(name, '.json'))
    .sort();
}

/**
 * Reads a policy pack with its calendars and zone table, checks all of it and puts it together; throws an ObzvonError
 * that names every mistake. Its hash is the SHA-256 of the listing `sha256sum` prints of the files, in order.
 */
export function loadPolicy(source: PolicySource, validate: Validate, now = Date.now()): Policy {
  const own = 'path' in source;
  const path = own ? resolve(source.path) : shippedPath(source.id);
  const file = readSource(path);
  const pack = checked<PolicyPack>(file, validate('policy', file.value));
  refuse(file.name, checkPolicy(pack, own ? shippedFor(pack.country, validate) : null, now));
  const calendars = pack.calendars.map((name) =>
    loadCalendar(calendarPath(name, own ? dirname(path) : HERE), validate),
  );
  const zones = readSource(resolve(HERE, 'zones', `${pack.zones.table}.json`));
  const sources = [file, ...calendars.map(({ source }) => source), zones].map(({ name, sha256, text }) => ({
    name,
    sha256,
    text,
  }));
  const { regions } = zones.value as { regions: Region[] };
  for (const { calendar, source } of calendars) refuse(source.name, checkPlaces(calendar, pack.country, regions));
  return compilePolicy(pack, {
    hash: hashOfSources(sources),
    sources,
    calendars: calendars.map(({ calendar }) => calendar),
    regions,
  });
}

/** The regions of a zone table that ships with obzvon, such as `ru`. */
export function loadRegions(table: string): RegionIndex {
  return indexRegions((readSource(resolve(HERE, 'zones', `${table}.json`)).value as { regions: Region[] }).regions);
}

/** A holiday of a region that is not in the zone table would never be kept. */
function checkPlaces(calendar: Calendar, country: string, regions: readonly Region[]): string[] {
  const known = new Set(regions.map(({ name }) => name));
  return [
    ...(calendar.country === country ? [] : [`country: ${calendar.country}, not ${country}`]),
    ...Object.keys(calendar.regions)
      .filter((name) => !known.has(name))
      .map((name) => `regions.${name}: not in the zone table`),
  ];
}

/** An operator's pack is measured against the one shipped for its country, so a country without one is refused. */
function shippedFor(country: string, validate: Validate): PolicyPack {
  for (const id of shippedPolicies()) {
    const file = readSource(shippedPath(id));
    const pack = checked<PolicyPack>(file, validate('policy', file.value));
    if (pack.country === country) return pack;
  }
  throw new ObzvonError('POLICY_INVALID', `no pack for ${country} ships with obzvon to measure this one against`);
}

function shippedPath(id: string): string {
  const known = shippedPolicies();
  if (!known.includes(id)) {
    throw new ObzvonError('POLICY_INVALID', `no policy pack ${id}`, { hint: `there are: ${known.join(', ')}` });
  }
  return resolve(HERE, 'policies', `${id}.json`);
}

/** `ru-2026` ships with obzvon; `./own-2028.json` lies beside the operator's pack. */
function calendarPath(name: string, beside: string): string {
  return name.endsWith('.json') ? resolve(beside, name) : resolve(HERE, 'calendars', `${basename(name)}.json`);
}

function loadCalendar(path: string, validate: Validate): { calendar: Calendar; source: Source } {
  const source = readSource(path);
  const calendar = checked<Calendar>(source, validate('calendar', source.value));
  refuse(source.name, checkCalendar(calendar));
  return { calendar, source };
}

function readSource(path: string): Source {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new ObzvonError('CONFIG_UNREADABLE', `${path}: ${messageOf(error)}`, { cause: error });
  }
  try {
    const text = bytes.toString('utf8');
    return { name: basename(path), sha256: sha256Of(bytes), text, value: JSON.parse(text) as unknown };
  } catch (error) {
    throw new ObzvonError('POLICY_INVALID', `${path} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function checked<T>(source: Source, problems: readonly string[]): T {
  refuse(source.name, problems);
  return source.value as T;
}

function refuse(name: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new ObzvonError('POLICY_INVALID', `${name} is not a valid pack or calendar`, { details: [...problems] });
}

/** A policy's hash: of the listing `sha256sum` prints of its files, in order; hex. */
export function hashOfSources(sources: readonly Pick<PolicyFile, 'name' | 'sha256'>[]): string {
  return sha256Of(sources.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''));
}

/** SHA-256 in hex. */
export function sha256Of(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
