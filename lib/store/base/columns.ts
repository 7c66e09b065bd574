import type { Db } from '../open.ts';

/** A part of a base that one thread looks at; numbers fall into the parts evenly. */
export interface Part {
  readonly of: number;
  /** From 0. */
  readonly number: number;
}

/** The whole base in one part. */
export const WHOLE: Part = { of: 1, number: 0 };

/** In a query: the row's number belongs to the part. */
export const inPart = ({ of, number }: Part, phone: string): string =>
  of === 1 ? 'TRUE' : `(${phone} % 7919) % ${of} = ${number}`;

/** Leads asked about at one time: those of a part, or of these only those in `temp.renumbered`. */
export interface Round {
  readonly part: Part;
  readonly again: boolean;
  /** How many are in `temp.renumbered`. */
  readonly renumbered: number;
}

/**
 * In a query: the row's number is one that leads of the round are asked about. Those asked about on another number than
 * they are known by are in `temp.renumbered`, with leads of any part.
 */
export function isAsked({ part, again, renumbered }: Round, phone: string): string {
  const among = `${phone} IN (SELECT phone FROM temp.renumbered)`;
  if (again) return among;
  return part.of === 1 || renumbered === 0 ? inPart(part, phone) : `(${inPart(part, phone)} OR ${among})`;
}

/** Keeps on which numbers leads are asked about that have another now; the connection's own, nobody else sees it. */
export function keepRenumbered(db: Db, leads: Iterable<readonly [lead: number, phone: number]>): void {
  db.exec(
    `DROP TABLE IF EXISTS temp.renumbered;
     CREATE TEMP TABLE renumbered (lead INTEGER PRIMARY KEY, phone INTEGER NOT NULL);
     CREATE INDEX temp.renumbered_by_phone ON renumbered (phone);`,
  );
  const keep = db.prepare<[number, number]>('INSERT INTO temp.renumbered (lead, phone) VALUES (?, ?)');
  for (const [lead, phone] of leads) keep.run(lead, phone);
}

/** Rows read at once where a table has ids; reading row by row costs twice as much. */
const PAGE = 1_000;

/** Every row of a query that has `id` as its first column and ends in a WHERE that more can be added to. */
export function eachPage(db: Db, sql: string, id: string, visit: (row: readonly unknown[]) => void): void {
  const page = db.prepare<[number], unknown[]>(`${sql} AND ${id} > ? ORDER BY ${id} LIMIT ${PAGE}`).raw();
  for (let after = -1; ; ) {
    const rows = page.all(after);
    for (const row of rows) visit(row);
    if (rows.length < PAGE) return;
    after = Number(rows.at(-1)?.[0]);
  }
}

/** Leads by the number they are asked about: a table of open addresses. */
export function createPhoneIndex(most: number) {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, most) * 2));
  const shift = 32 - Math.log2(size);
  const phones = new Float64Array(size);
  const slots = new Int32Array(size).fill(-1);
  const placeOf = (phone: number): number => {
    let place = Math.imul((phone | 0) ^ Math.imul(Math.floor(phone / 2 ** 32), 0x85ebca6b), 0x9e3779b1) >>> shift;
    while (slots[place] !== -1 && phones[place] !== phone) place = (place + 1) & (size - 1);
    return place;
  };
  return {
    add(phone: number, slot: number): void {
      const place = placeOf(phone);
      phones[place] = phone;
      slots[place] = slot;
    },
    /** -1: no lead is asked about on this number. */
    slotOf: (phone: number): number => slots[placeOf(phone)] as number,
  };
}

export type PhoneIndex = ReturnType<typeof createPhoneIndex>;

/** Where a lead is among ids that go up; -1: it is not. */
export function slotIn(ids: Float64Array, id: number): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return ids[low] === id ? low : -1;
}

/**
 * What is known of each lead, feature by feature, as one number: two leads of the same number have the same features. The
 * order in which features are added tells apart too, which costs a class more and is never wrong.
 */
export function createSignatures(leads: number) {
  const of = new Int32Array(leads);
  // A map for each signature: keys that are small integers are found three times as fast.
  const after: Map<number, number>[] = [new Map<number, number>()];
  const names = new Map<string, number>();
  return {
    of,
    /** The number of a feature. */
    feature: (name: string): number => {
      let known = names.get(name);
      if (known === undefined) names.set(name, (known = names.size));
      return known;
    },
    add: (slot: number, feature: number): void => {
      const known = after[of[slot] as number] as Map<number, number>;
      let next = known.get(feature);
      if (next === undefined) {
        known.set(feature, (next = after.length));
        after.push(new Map<number, number>());
      }
      of[slot] = next;
    },
  };
}

export type Signatures = ReturnType<typeof createSignatures>;
