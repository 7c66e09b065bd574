import { UNKNOWN_OPERATOR } from '../../core/blocked.ts';
import { zoneEvidence, type ZoneEvidence } from '../../core/calling-hours.ts';
import { prefixFault, type PrefixRules } from '../../core/guard/prefixes.ts';
import { classOf, numberFault } from '../../core/number-class.ts';
import { codeOf } from '../../core/numbering-ranges.ts';
import { phoneFromInteger, phoneToInteger } from '../../core/phone.ts';
import type { Policy } from '../../core/policy.ts';
import { operatorOf, type GateCampaign } from '../facts.ts';
import type { Db } from '../open.ts';
import type { createRegistrations } from '../registrations.ts';
import { eachPage, type Signatures } from './columns.ts';

/** Regions whose days some calendar names: of the others a call's hours are their zones alone. */
function regionsWithDays({ calendarOf }: Policy): ReadonlySet<string> {
  return new Set(Object.values(calendarOf).flatMap(({ regions }) => Object.keys(regions)));
}

/** Adds what a number itself and its place say: its class, its range with operator and regions, zone and region of the base. */
export function createPlaces(
  db: Db,
  { add, feature }: Signatures,
  { caller, dial }: Pick<GateCampaign, 'caller' | 'dial'>,
  policy: Policy,
  {
    ranges,
    registrations,
  }: { readonly ranges: Ranges; readonly registrations: ReturnType<typeof createRegistrations> },
) {
  const named = regionsWithDays(policy);
  const textOf = ({ zones, source, region }: ZoneEvidence): string =>
    `${source} ${zones.join()} ${region !== null && named.has(region) ? region : ''}`;
  const classFeature = createClasses(feature, policy, dial);
  const lines = caller === null ? [] : registrations.ofCaller(caller);
  const blocked = caller === null ? new Set<string>() : blockedOperators(db, phoneToInteger(caller));

  // What a range's operator is to this caller number: which registrations reach him, and whether he blocks it.
  const operators = new Map(
    db
      .prepare<[], { id: number; name: string; inn: string }>('SELECT id, name, inn FROM range_operators')
      .all()
      .map(({ id, name, inn }) => {
        const reached = lines.map(({ operator }) => Number(operator === name || operator === inn)).join('');
        const called = operatorOf({ operator: { name, inn }, regions: [] }) ?? UNKNOWN_OPERATOR;
        return [id, `${reached} ${blocked.has(called)}`] as const;
      }),
  );
  const regionsOf = new Map(
    db
      .prepare<[], { id: number; regions: string }>('SELECT id, regions FROM range_places')
      .all()
      .map(({ id, regions }) => [id, JSON.parse(regions) as string[]] as const),
  );
  const placeTexts = new Map<number, string>();
  const placeText = (place: number): string => {
    let known = placeTexts.get(place);
    if (known === undefined) {
      const range = { source: 'def', regions: regionsOf.get(place) ?? [] } as const;
      known = textOf(zoneEvidence({ zone: null, region: null }, policy.regions, policy.allZones, range));
      placeTexts.set(place, known);
    }
    return known;
  };
  const rangeFeatures = new Map<number, number>();

  return {
    /** Of a lead's own zone and region: what they say, and whether its range's regions are asked for at all. */
    ownPlace(zone: string | null, region: string | null): { readonly feature: number; readonly known: boolean } {
      const evidence = zoneEvidence({ zone, region }, policy.regions, policy.allZones);
      return { feature: feature(`own ${textOf(evidence)}`), known: evidence.source !== 'none' };
    },
    /** `placeKnown`: the regions of the number's range say nothing more. */
    addNumber(slot: number, phone: number, placeKnown: boolean): void {
      add(slot, classFeature(phone));
      const found = ranges.find(phone);
      const key = typeof found === 'string' ? (found === 'unallocated' ? -1 : -2) : found * 2 + Number(placeKnown);
      let known = rangeFeatures.get(key);
      if (known === undefined) {
        const [operator, place] = typeof found === 'string' ? [0, 0] : ranges.at(found);
        known = feature(
          typeof found === 'string'
            ? `range ${found}`
            : `range ${operators.get(operator) ?? ''} ${placeKnown ? '' : placeText(place)}`,
        );
        rangeFeatures.set(key, known);
      }
      add(slot, known);
    },
  };
}

/** The operators towards which a caller number is suspended. */
function blockedOperators(db: Db, caller: number): ReadonlySet<string> {
  const blocked = new Set<string>();
  const rows = db
    .prepare<
      [number],
      { operator: string; state: string }
    >('SELECT operator, state FROM line_blocks WHERE caller = ? ORDER BY id')
    .all(caller);
  for (const { operator, state } of rows) {
    if (state === 'suspended') blocked.add(operator);
    else blocked.delete(operator);
  }
  return blocked;
}

/** Of Russian numbers the plan asks for the code alone; what is foreign is read one by one. */
function createClasses(
  feature: Signatures['feature'],
  { jurisdictions }: Policy,
  dial: PrefixRules,
): (phone: number) => number {
  // A longer rule tells numbers of one code apart.
  const byCode = [...dial.allow, ...dial.deny].every((prefix) => prefix.length <= '+7000'.length);
  const COUNTRY_7 = 7_000;
  const codes = new Int32Array(1_000).fill(-1);
  const read = (integer: number): number => {
    const phone = phoneFromInteger(integer);
    const { kind, jurisdiction } = classOf(phone);
    return feature(
      `class ${kind} ${jurisdiction} ${numberFault(phone, jurisdictions)?.code ?? ''} ${prefixFault(phone, dial) ?? ''}`,
    );
  };
  return (phone) => {
    const code = codeOf(phone) - COUNTRY_7;
    if (!byCode || code < 0 || code > 999) return read(phone);
    if (codes[code] === -1) codes[code] = read(phone);
    return codes[code] as number;
  };
}

export type Ranges = ReturnType<typeof readRanges>;

/** The ranges in force, all of them in memory: 24 bytes each. */
export function readRanges(db: Db) {
  const register = db.prepare<[], number>(`SELECT id FROM range_registers WHERE state = 'active'`).pluck().get();
  const count =
    register === undefined
      ? 0
      : (db.prepare<[number], number>('SELECT count(*) FROM ranges WHERE register = ?').pluck().get(register) ?? 0);
  const first = new Float64Array(count);
  const last = new Float64Array(count);
  const operator = new Int32Array(count);
  const place = new Int32Array(count);
  let read = 0;
  if (register !== undefined) {
    eachPage(db, `SELECT first, last, operator, place FROM ranges WHERE register = ${register}`, 'first', (row) => {
      [first[read], last[read], operator[read], place[read]] = row as readonly number[] as [
        number,
        number,
        number,
        number,
      ];
      read += 1;
    });
  }
  return {
    /** As the range reader's `find`, with the range's index. */
    find(phone: number): number | 'unallocated' | 'unknown' {
      let low = 0;
      let high = count;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((first[middle] as number) <= phone) low = middle + 1;
        else high = middle;
      }
      const before = low - 1;
      if (before >= 0 && (last[before] as number) >= phone) return before;
      const code = codeOf(phone);
      const covered = (before >= 0 && codeOf(first[before] as number) === code) || codeOf(first[low] ?? 0) === code;
      return covered ? 'unallocated' : 'unknown';
    },
    at: (index: number): readonly [operator: number, place: number] => [
      operator[index] as number,
      place[index] as number,
    ],
  };
}
