import type { LeadState } from '../../core/lead.ts';
import type { Bar, RedialRules } from '../../core/redial.ts';
import { isLeadKey, matches, placeIn, type Filter, type Parting } from '../../core/segment.ts';
import type { Db } from '../open.ts';
import { eachPage, inPart, slotIn, type Part } from './columns.ts';

/**
 * Which leads of a base the gate is asked about. `start`: those a start would put before it. `pass`: those a new pass
 * calls.
 */
export type Whom = StartWhom | PassWhom;

/** Whom a start calls. */
export interface StartWhom {
  readonly kind: 'start';
  /** Those the gate refused before, too. */
  readonly releases: boolean;
  /** Segments that are not called. */
  readonly bars: Readonly<Record<number, Bar>>;
}

/** Whom a new pass calls. */
export interface PassWhom {
  readonly kind: 'pass';
  readonly rules: RedialRules;
  /** The re-dial's own filter. */
  readonly where: Filter | undefined;
  /** Where leads belong that are put back. */
  readonly parting: Parting;
  /** Segments that are not called. */
  readonly bars: Readonly<Record<number, Bar>>;
  /** The pass whose plan this one is held against; null: none. */
  readonly before: number | null;
}

/** Leads alike by what their rows say. */
export interface LeadGroup {
  readonly state: LeadState;
  readonly reason: string | null;
  readonly zone: string | null;
  readonly region: string | null;
  readonly disposition: string | null;
  readonly result: string | null;
  readonly segment: number;
  readonly priority: number;
  readonly attempts: number;
  readonly passes: number;
  /** It meets the re-dial's filter. */
  readonly within: boolean;
  /** The segment it belongs to once its attempts are forgotten. */
  readonly anew: number;
  /** What the plan of the pass before said: a code, '' when it was to be called; null: it did not know the lead. */
  readonly before: string | null;
}

/** The leads of a part of a base in columns. */
export interface BaseLeads {
  readonly size: number;
  /** Going up. */
  readonly ids: Float64Array;
  /** The number to be called next. */
  readonly phones: Float64Array;
  /** When a waiting lead is due; NaN of the others. */
  readonly dueAt: Float64Array;
  readonly groups: readonly LeadGroup[];
  /** Index in `groups`. */
  readonly group: Int32Array;
  /** -1: not there. */
  readonly slotOf: (id: number) => number;
}

/** Cannot be part of a value: imports turn control characters away. */
const BETWEEN = '\u001f';
/** Texts looked through for filters are remembered up to so many. */
const REMEMBERED = 20_000;

const GROUPED = [
  'state',
  'reason',
  'zone',
  'region',
  'last_disposition',
  'result',
  'segment',
  'priority',
  'attempts',
  'passes',
];

/** Reads the leads in the order of their ids. */
export function readLeads(db: Db, campaign: number, part: Part, whom: Whom): BaseLeads {
  const where = `campaign = ${campaign} AND ${inPart(part, 'phone')}`;
  const size = db.prepare<[], number>(`SELECT count(*) FROM leads WHERE ${where}`).pluck().get() ?? 0;
  const ids = new Float64Array(size);
  const phones = new Float64Array(size);
  const dueAt = new Float64Array(size);
  const group = new Int32Array(size);
  const groups: LeadGroup[] = [];
  const known = new Map<string, number>();
  const pass = whom.kind === 'pass' ? whom : null;
  const filters = pass === null ? NO_FILTERS : createFilters(pass);
  const told =
    pass === null || pass.before === null
      ? 'NULL'
      : `(SELECT coalesce(code, '') FROM redial_leads WHERE redial = ${pass.before} AND lead = leads.id)`;
  // One text for all that tells groups apart: each column more would cost as much as the row.
  const said = `format('${GROUPED.map(() => '%s').join(BETWEEN)}', ${GROUPED.join(', ')})`;
  let slot = 0;
  const sql = `SELECT id, phone, next_at, ${said}, ${told}, ${filters.column} FROM leads WHERE ${where}`;
  eachPage(db, sql, 'id', (row) => {
    const [id, phone, due, text, before, columns] = row as readonly [
      number,
      number,
      number | null,
      string,
      string | null,
      string | null,
    ];
    ids[slot] = id;
    phones[slot] = phone;
    dueAt[slot] = due ?? NaN;
    const place = columns === null ? IN_PLACE : filters.placeOf(columns);
    const key =
      before === null && columns === null ? text : [text, place.within, place.anew, before ?? '-'].join(BETWEEN);
    let found = known.get(key);
    if (found === undefined) {
      known.set(key, (found = groups.length));
      groups.push(groupOf(text, place, before));
    }
    group[slot] = found;
    slot += 1;
  });
  return { size, ids, phones, dueAt, group, groups, slotOf: (id) => slotIn(ids, id) };
}

/** The names of all columns the leads' lists brought. */
export function readColumns(db: Db, campaign: number, part: Part): string[] {
  return db
    .prepare<[], string>(
      `SELECT DISTINCT vars.key FROM leads CROSS JOIN json_each(leads.vars) AS vars
       WHERE leads.campaign = ${campaign} AND ${inPart(part, 'leads.phone')}`,
    )
    .pluck()
    .all();
}

/** What filters say of a lead; `anew` null: its own segment. */
interface Placed {
  readonly within: boolean;
  readonly anew: number | null;
}

const IN_PLACE: Placed = { within: true, anew: null };

function groupOf(text: string, { within, anew }: Placed, before: string | null): LeadGroup {
  const [state, reason, zone, region, disposition, result, segment, priority, attempts, passes] = text.split(BETWEEN);
  const filled = (value: string | undefined): string | null => (value === undefined || value === '' ? null : value);
  return {
    state: state as LeadState,
    reason: filled(reason),
    zone: filled(zone),
    region: filled(region),
    disposition: filled(disposition),
    result: filled(result),
    segment: Number(segment),
    priority: Number(priority),
    attempts: Number(attempts),
    passes: Number(passes),
    within,
    anew: anew ?? Number(segment),
    before,
  };
}

interface Filters {
  /** A column with what the filters look at, and no more. */
  readonly column: string;
  readonly placeOf: (columns: string) => Placed;
}

const NO_FILTERS: Filters = { column: 'NULL', placeOf: () => IN_PLACE };

function createFilters({ where, parting }: PassWhom): Filters {
  const all = [where ?? {}, parting.where ?? {}, ...parting.segments.map((segment) => segment.where)];
  const keys = [...new Set(all.flatMap(Object.keys))];
  if (keys.length === 0) return NO_FILTERS;
  const columnOf = (key: string): string => {
    if (!isLeadKey(key)) return `(SELECT value FROM json_each(vars) WHERE key = '${key.replaceAll("'", "''")}')`;
    return key === 'disposition' ? 'last_disposition' : key;
  };
  const remembered = new Map<string, Placed>();
  const look = (columns: string): Placed => {
    const values = JSON.parse(columns) as (string | number | null)[];
    const valueOf = new Map(keys.map((key, i) => [key, values[i] ?? null]));
    const text = (key: string): string | null => (valueOf.get(key) ?? null) as string | null;
    const vars = keys.flatMap((key) => {
      const value = valueOf.get(key) ?? null;
      return isLeadKey(key) || value === null ? [] : [[key, String(value)] as const];
    });
    const facets = {
      list: text('list'),
      disposition: text('disposition'),
      result: text('result'),
      region: text('region'),
      zone: text('zone'),
      priority: Number(valueOf.get('priority') ?? 0),
      attempts: Number(valueOf.get('attempts') ?? 0),
      vars: Object.fromEntries(vars),
    };
    return {
      within: where === undefined || matches(where, facets),
      anew: placeIn(parting, { ...facets, attempts: 0 }),
    };
  };
  return {
    column: `json_array(${keys.map(columnOf).join(', ')})`,
    placeOf(columns) {
      let known = remembered.get(columns);
      if (known === undefined) {
        if (remembered.size >= REMEMBERED) remembered.clear();
        remembered.set(columns, (known = look(columns)));
      }
      return known;
    },
  };
}
