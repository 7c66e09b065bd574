import { basename } from 'node:path';
import type { NumbersInto } from '../control/commands/imports.ts';
import type { Purpose } from '../core/campaign.ts';
import { parsePhone, phoneToInteger, plainPhoneInteger } from '../core/phone.ts';
import { ObzvonError, type ExitCode } from '../errors.ts';
import type { Cli } from './cli.ts';
import { createRejects, type Rejects } from './csv/rejects.ts';
import type { SheetRow } from './csv/sheet.ts';
import { explained, fingerprintOf, importRows, noteOnce, openImport, type Opened } from './import.ts';
import { showDryRun, showResult, type ImportOptions } from './import-shown.ts';

interface OptOutImportOptions extends ImportOptions {
  readonly scope?: 'global' | 'entity' | 'purpose';
  readonly entity?: string;
  readonly purpose?: Purpose;
  readonly source?: string;
  readonly note?: string;
}

interface DncImportOptions extends ImportOptions {
  readonly registry: string;
  readonly takenAt: number;
  readonly force?: boolean;
}

/** Numbers in one request. */
const BATCH = 5_000;

/** `obzvon optout import FILE`: a file of numbers alone goes in as a set, one with columns of its own row by row. */
export async function importOptOuts(cli: Cli, file: string, options: OptOutImportOptions): Promise<ExitCode> {
  const { entity, purpose, source, note } = options;
  const { scope = purpose !== undefined ? 'purpose' : entity !== undefined ? 'entity' : 'global' } = options;
  if (scope === 'entity' && entity === undefined) throw new ObzvonError('USAGE', '--scope entity needs --entity INN');
  if (scope === 'purpose' && purpose === undefined) throw new ObzvonError('USAGE', '--scope purpose needs --purpose');
  const said = {
    ...(entity === undefined ? {} : { entity }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(source === undefined ? {} : { source }),
    ...(note === undefined ? {} : { note }),
  };
  const opened = await openImport(cli, 'optout', file, options);
  const own = opened.columns.find((column) => 'field' in column && column.field !== 'phone');
  if (own === undefined) return importNumbers(cli, opened, { kind: 'optout', scope, ...said }, options);
  if (scope !== 'global' || Object.keys(said).length > 0) {
    throw new ObzvonError('USAGE', `${file} says so itself, in column “${own.header}”`, {
      hint: 'leave the options out, or the column',
    });
  }
  return importRows(cli, 'optout', opened, options);
}

/** `obzvon dnc import FILE` */
export async function importDnc(cli: Cli, file: string, options: DncImportOptions): Promise<ExitCode> {
  const { registry, takenAt, force = false } = options;
  const opened = await openImport(cli, 'optout', file, options);
  const exit = await importNumbers(cli, opened, { kind: 'dnc', registry, takenAt, force }, options);
  if (options.dryRun === true) return exit;
  for (let after: number | null = 0; after !== null; ) ({ after } = await cli.call('dnc.clear', { after }));
  return exit;
}

/** Reads, sorts and sends a file's numbers; cut short, the same command goes on where the last commit was. */
async function importNumbers(cli: Cli, opened: Opened, into: NumbersInto, options: ImportOptions): Promise<ExitCode> {
  if (options.dryRun === true) return showDryRun(cli, opened);
  const { file, sheet, progress } = opened;
  const { list = basename(file), rejects: rejectsFile = `${file}.rejects.csv` } = options;
  // Each run reads the whole file, and tells the same rows to be wrong.
  const rejects = createRejects(rejectsFile, sheet, 'begins');
  const counts = { read: 0, accepted: 0, duplicate: 0, rejected: 0 };
  let resumedAt = 0;
  await explained(counts, rejects, progress, async () => {
    const note = noteOnce(cli, rejects);
    const { numbers, read } = await readNumbers(opened, rejects, note);
    rejects.sync();
    const own = { duplicate: read.good - numbers.length, rejected: read.wrong };
    counts.read = read.good + read.wrong;
    counts.rejected = read.wrong;
    // What is forced, and under which name, does not change what goes where.
    const target = into.kind === 'dnc' ? [into.kind, into.registry, into.takenAt] : [into, list];
    const begun = await cli.call('numbers.begin', {
      into,
      list,
      count: numbers.length,
      fingerprint: fingerprintOf(opened, target),
    });
    resumedAt = begun.done;
    counts.accepted = begun.accepted;
    counts.duplicate = begun.duplicate + own.duplicate;
    for (let from = begun.done; from < numbers.length; from += BATCH) {
      const some = Array.from(numbers.subarray(from, from + BATCH));
      const answer = await cli.call('numbers.add', { import: begun.import, from, numbers: some });
      counts.accepted += answer.accepted;
      counts.duplicate += answer.duplicate;
      progress.written(from + some.length, numbers.length);
    }
    await cli.call('numbers.end', { import: begun.import, ...own });
  });
  return showResult(cli, opened, counts, { rejectsFile, resumedAt });
}

/** The numbers of a file, ascending, none twice; rows that are no number go to the rejects. */
async function readNumbers(
  { sheet, columns, progress }: Opened,
  rejects: Rejects,
  onReject: () => Promise<void>,
): Promise<{ numbers: Float64Array; read: { good: number; wrong: number } }> {
  const column = columns.findIndex((one) => 'field' in one && one.field === 'phone');
  let numbers = new Float64Array(65_536);
  let good = 0;
  let wrong = 0;
  const reject = (row: SheetRow, reason: string): void => {
    wrong += 1;
    rejects.add(row, reason);
  };
  for await (const rows of sheet.rows) {
    for (const row of rows) {
      if (row.flaw !== null) {
        reject(row, row.flaw);
        continue;
      }
      const text = row.cells[column] ?? '';
      let number = plainPhoneInteger(text);
      if (number === null) {
        const parsed = parsePhone(text.trim());
        if (!parsed.ok) {
          reject(row, `${parsed.code}: ${parsed.reason}`);
          continue;
        }
        number = phoneToInteger(parsed.phone);
      }
      if (good === numbers.length) {
        const larger = new Float64Array(numbers.length * 2);
        larger.set(numbers);
        numbers = larger;
      }
      numbers[good] = number;
      good += 1;
    }
    if (wrong > 0) await onReject();
    progress.show(good + wrong, wrong);
  }
  return { numbers: distinct(numbers.subarray(0, good).sort()), read: { good, wrong } };
}

/** Drops repeats from sorted numbers, in place. */
function distinct(sorted: Float64Array): Float64Array {
  let kept = 0;
  for (const number of sorted) {
    if (kept > 0 && sorted[kept - 1] === number) continue;
    sorted[kept] = number;
    kept += 1;
  }
  return sorted.subarray(0, kept);
}
