import type { LeadState } from '../../core/lead.ts';
import type { Bar, RedialRules } from '../../core/redial.ts';
import { isLeadKey, matches, type Filter } from '../../core/segment.ts';
import type { Db } from '../open.ts';
import { eachPage, inPart, slotIn, type Part } from './columns.ts';

/**
 * Which leads of a base the gate is asked about. `start`: those a start would put before it, with the refused ones or
 * without. `pass`: those a new pass calls; `bars`: parts of the base, by segment, that are not called.
 */
export type Whom =
  | { readonly kind: 'start'; readonly releases: boolean }
  | {
      readonly kind: 'pass';
      readonly rules: RedialRules;
      /** The re-dial's own filter. */
      readonly where: Filter | null;
      readonly bars: Readonly<Record<number, Bar>>;
      /** The pass whose plan this one is held against; null: none. */
      readonly before: number | null;
    };

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
  const meets = createFilter(pass?.where ?? null);
  const told =
    pass === null || pass.before === null
      ? 'NULL'
      : `(SELECT coalesce(code, '') FROM redial_leads WHERE redial = ${pass.before} AND lead = leads.id)`;
  // One text for all that tells groups apart: each column more would cost as much as the row.
  const said = GROUPED.map((column) => `coalesce(${column}, '')`).join(' || char(31) || ');
  let slot = 0;
  const sql = `SELECT id, phone, next_at, ${said}, ${told}, ${meets.column} FROM leads WHERE ${where}`;
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
    const within = columns === null || meets.test(columns);
    const key = before === null && within ? text : `${text}${BETWEEN}${String(within)}${BETWEEN}${before ?? '-'}`;
    let found = known.get(key);
    if (found === undefined) {
      known.set(key, (found = groups.length));
      groups.push(groupOf(text, within, before));
    }
    group[slot] = found;
    slot += 1;
  });
  return { size, ids, phones, dueAt, group, groups, slotOf: (id) => slotIn(ids, id) };
}

function groupOf(text: string, within: boolean, before: string | null): LeadGroup {
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
    before,
  };
}

/** A filter over leads read in bulk: a column with what it looks at alone, and its test. */
function createFilter(filter: Filter | null): { readonly column: string; test(text: string): boolean } {
  if (filter === null) return { column: 'NULL', test: () => true };
  const keys = Object.keys(filter);
  const columnOf = (key: string): string =>
    isLeadKey(key)
      ? key === 'disposition'
        ? 'last_disposition'
        : key
      : `(SELECT value FROM json_each(vars) WHERE key = '${key.replaceAll("'", "''")}')`;
  const remembered = new Map<string, boolean>();
  return {
    column: `json_array(${keys.map(columnOf).join(', ')})`,
    test(text) {
      let known = remembered.get(text);
      if (known === undefined) {
        const values = JSON.parse(text) as (string | number | null)[];
        const of = (name: string): string | number | null => values[keys.indexOf(name)] ?? null;
        const own = (name: string): string | null => (keys.includes(name) ? (of(name) as string | null) : null);
        const vars = keys.flatMap((key, i) => (isLeadKey(key) || values[i] === null ? [] : [[key, String(values[i])]]));
        known = matches(filter, {
          list: own('list'),
          disposition: own('disposition'),
          result: own('result'),
          region: own('region'),
          zone: own('zone'),
          priority: Number(of('priority') ?? 0),
          attempts: Number(of('attempts') ?? 0),
          vars: Object.fromEntries(vars) as Record<string, string>,
        });
        if (remembered.size >= REMEMBERED) remembered.clear();
        remembered.set(text, known);
      }
      return known;
    },
  };
}
