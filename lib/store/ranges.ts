import { codeOf, type RegisterSize } from '../core/numbering-ranges.ts';
import type { RangeFact } from '../core/facts.ts';
import type { Db } from './open.ts';

/** A file the register was read from. */
export interface RegisterFile {
  readonly name: string;
  readonly sha256: string;
  readonly ranges: number;
}

/** A register of numbering ranges, in force or of the past; a past one has left its counts alone. */
export interface RangeRegister extends RegisterSize {
  readonly id: number;
  readonly importedAt: number;
  readonly files: readonly RegisterFile[];
}

/** A range as it is loaded: operator and place by their ids. */
export type RangeRow = readonly [first: number, last: number, operator: number, place: number];

/** A number's range as the register has it. */
export interface FoundRange {
  readonly first: number;
  readonly last: number;
  readonly name: string;
  readonly inn: string;
  readonly place: string;
  /** JSON list of names in the zone table. */
  readonly regions: string;
}

interface RegisterRow extends RegisterSize {
  readonly id: number;
  readonly imported_at: number;
  readonly files: string;
}

/** The number's own range, `unallocated`, or null where no register says anything of it. */
export function createRangeReader(db: Db) {
  const before = db.prepare<[number], FoundRange>(
    `SELECT r.first, r.last, o.name, o.inn, p.text AS place, p.regions FROM ranges AS r
       JOIN range_operators AS o ON o.id = r.operator JOIN range_places AS p ON p.id = r.place
     WHERE r.register = (SELECT id FROM range_registers WHERE state = 'active') AND r.first <= ?
     ORDER BY r.first DESC LIMIT 1`,
  );
  const behind = db
    .prepare<[number], number>(
      `SELECT first FROM ranges WHERE register = (SELECT id FROM range_registers WHERE state = 'active') AND first > ?
       ORDER BY first LIMIT 1`,
    )
    .pluck();

  function find(phone: number): FoundRange | 'unallocated' | null {
    const row = before.get(phone);
    if (row !== undefined && row.last >= phone) return row;
    // A register of other codes alone (one file of several) says nothing of this one.
    const code = codeOf(phone);
    const covered = (row !== undefined && codeOf(row.first) === code) || codeOf(behind.get(phone) ?? 0) === code;
    return covered ? 'unallocated' : null;
  }

  return {
    find,
    /** What the gate may know of the number's range. */
    factOf(phone: number): RangeFact | 'unallocated' | null {
      const found = find(phone);
      if (found === null || found === 'unallocated') return found;
      return {
        operator: { name: found.name, inn: found.inn },
        regions: JSON.parse(found.regions) as string[],
      };
    },
  };
}

/**
 * Registers of numbering ranges: one is loaded beside the one in force, slice by slice, and takes its place in one
 * transaction; what is left of the old one, or of a load that was cut short, is swept away slice by slice.
 */
export function createRanges(db: Db) {
  const insertRegister = db.prepare<[number, string]>(
    `INSERT INTO range_registers (state, imported_at, files) VALUES ('loading', ?, ?)`,
  );
  const operatorId = db
    .prepare<[string, string], number>('SELECT id FROM range_operators WHERE name = ? AND inn = ?')
    .pluck();
  const insertOperator = db.prepare<[string, string]>('INSERT INTO range_operators (name, inn) VALUES (?, ?)');
  const placeId = db.prepare<[string], number>('SELECT id FROM range_places WHERE text = ?').pluck();
  const insertPlace = db.prepare<[string, string]>('INSERT INTO range_places (text, regions) VALUES (?, ?)');
  const readPlace = db.prepare<[string, number]>('UPDATE range_places SET regions = ? WHERE id = ?');
  const insertRange = db.prepare<[number, number, number, number, number]>(
    'INSERT INTO ranges (register, first, last, operator, place) VALUES (?, ?, ?, ?, ?)',
  );
  const retire = db.prepare(`UPDATE range_registers SET state = 'replaced' WHERE state = 'active'`);
  const activate = db.prepare<[number, number, number, number]>(
    `UPDATE range_registers SET state = 'active', ranges = ?, codes = ?, imported_at = ? WHERE id = ?`,
  );
  const active = db.prepare<[], RegisterRow>(`SELECT * FROM range_registers WHERE state = 'active'`);
  const past = db.prepare<[], RegisterRow>(`SELECT * FROM range_registers WHERE state = 'replaced' ORDER BY id DESC`);
  const leftover = db
    .prepare<[number], number>(
      `SELECT id FROM range_registers AS r WHERE state <> 'active' AND id <> ?
         AND (state = 'loading' OR EXISTS (SELECT 1 FROM ranges WHERE register = r.id)) LIMIT 1`,
    )
    .pluck();
  const lastOfSlice = db
    .prepare<[number, number], number>('SELECT first FROM ranges WHERE register = ? ORDER BY first LIMIT 1 OFFSET ?')
    .pluck();
  const dropUpTo = db.prepare<[number, number]>('DELETE FROM ranges WHERE register = ? AND first <= ?');
  const forget = db.prepare<[number]>(`DELETE FROM range_registers WHERE id = ? AND state = 'loading'`);

  const toRegister = ({ id, imported_at, files, ranges, codes }: RegisterRow): RangeRegister => ({
    id,
    importedAt: imported_at,
    files: JSON.parse(files) as RegisterFile[],
    ranges,
    codes,
  });

  return {
    ...createRangeReader(db),
    /** Begins a register that nobody sees until it is made active; answers its id. */
    begin: (files: readonly RegisterFile[], now: number) =>
      Number(insertRegister.run(now, JSON.stringify(files)).lastInsertRowid),
    /** The operator's id, made when it is new. */
    operator(name: string, inn: string): number {
      return operatorId.get(name, inn) ?? Number(insertOperator.run(name, inn).lastInsertRowid);
    },
    /** The place's id. Its regions are read anew with each register: the zone table may know more spellings by now. */
    place(text: string, regions: readonly string[]): number {
      const read = JSON.stringify(regions);
      const known = placeId.get(text);
      if (known === undefined) return Number(insertPlace.run(text, read).lastInsertRowid);
      readPlace.run(read, known);
      return known;
    },
    append(register: number, rows: readonly RangeRow[]): void {
      for (const [first, last, operator, place] of rows) insertRange.run(register, first, last, operator, place);
    },
    /** Puts the register in force and the one before out of it. */
    activate(register: number, size: RegisterSize, now: number): void {
      retire.run();
      if (activate.run(size.ranges, size.codes, now, register).changes !== 1) {
        throw new Error(`there is no range register ${register} to make active`);
      }
    },
    /** The register in force; null: none. */
    inForce(): RangeRegister | null {
      const row = active.get();
      return row === undefined ? null : toRegister(row);
    },
    /** Registers that were in force once, the newest first. */
    past: () => past.all().map(toRegister),
    /** Deletes up to `limit` ranges that no register in force or in loading (`except`) has; false: none are left. */
    sweep(limit: number, except: number | null): boolean {
      const register = leftover.get(except ?? 0);
      if (register === undefined) return false;
      const upTo = lastOfSlice.get(register, limit - 1);
      dropUpTo.run(register, upTo ?? Number.MAX_SAFE_INTEGER);
      if (upTo === undefined) forget.run(register);
      return true;
    },
  };
}
