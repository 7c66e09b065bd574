import type { Brought } from '../control/commands/imports.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { Cli } from './cli.ts';
import type { Column } from './csv/columns.ts';
import type { Sheet, SheetRow } from './csv/sheet.ts';
import { pairs, table } from './print.ts';

/** Options every import takes. */
export interface ImportOptions {
  readonly list?: string;
  readonly sheet?: string;
  readonly column?: Record<string, string>;
  readonly rejects?: string;
  readonly dryRun?: boolean;
}

interface Shown {
  readonly file: string;
  readonly sheet: Sheet;
  readonly columns: readonly Column[];
}

const DRY_RUN_ROWS = 5;

/** What came of an import: read = accepted + duplicate + rejected. */
interface ImportResult {
  readonly file: string;
  readonly encoding: string;
  readonly delimiter: string;
  readonly read: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** Of leads: rows of known people that brought them new numbers, numbers not taken, people another campaign has. */
  readonly brought?: Brought;
  readonly rejectsFile: string | null;
}

/** Prints an import's counts; exit 5 when rows were put aside. */
export function showResult(
  cli: Cli,
  { file, sheet: { encoding, delimiter } }: Shown,
  counts: Pick<ImportResult, 'read' | 'accepted' | 'duplicate' | 'rejected' | 'brought'>,
  more: { readonly rejectsFile: string; readonly resumedAt: number },
): ExitCode {
  const { read, accepted, duplicate, rejected, brought } = counts;
  const aside = rejected > 0 || (brought?.notTaken ?? 0) > 0;
  const result: ImportResult = {
    file,
    encoding,
    delimiter,
    read,
    accepted,
    duplicate,
    rejected,
    ...(brought === undefined ? {} : { brought }),
    rejectsFile: aside ? more.rejectsFile : null,
  };
  cli.show(result, ({ rejectsFile }) => {
    const resumed = more.resumedAt > 0 ? `went on behind row ${more.resumedAt}, where it was cut short\n` : '';
    const told = rejectsFile === null ? '' : `wrong rows, each with its reason, are in ${rejectsFile}\n`;
    return `${resumed}${file}: ${read} rows read, ${accepted} accepted, ${duplicate} known before, ${rejected} rejected\n${broughtText(brought)}${told}`;
  });
  return aside ? EXIT.partial : EXIT.ok;
}

function broughtText({ extended, notTaken, elsewhere }: Brought = { extended: 0, notTaken: 0, elsewhere: {} }): string {
  const lines = [
    ...(extended === 0 ? [] : [`of those known, ${extended} brought their lead new numbers`]),
    ...Object.entries(elsewhere).map(([name, rows]) => `of those known, ${rows} are people of campaign ${name}`),
    ...(notTaken === 0 ? [] : [`${notTaken} numbers of rows that were taken are no numbers to call`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Prints what each column becomes and the first rows. */
export async function showDryRun(cli: Cli, { file, sheet, columns }: Shown): Promise<ExitCode> {
  const rows: SheetRow[] = [];
  for await (const some of sheet.rows) {
    rows.push(...some.slice(0, DRY_RUN_ROWS - rows.length));
    if (rows.length === DRY_RUN_ROWS) break;
  }
  const { encoding, delimiter } = sheet;
  const mapping = columns.map((column) => ({
    header: column.header,
    becomes: 'field' in column ? column.field : 'variable' in column ? `variable ${column.variable}` : 'left out',
  }));
  const first = rows.map(({ row, cells, flaw }) => ({ row, cells, ...(flaw === null ? {} : { flaw }) }));
  cli.show({ file, encoding, delimiter, columns: mapping, rows: first }, () => {
    const sign = delimiter === '\t' ? 'tab' : delimiter;
    return [
      pairs(cli.io, [
        ['file', file],
        ['encoding', encoding],
        ['delimiter', encoding === 'xlsx' ? null : sign],
      ]),
      table(
        cli.io,
        ['COLUMN', 'BECOMES'],
        mapping.map(({ header, becomes }) => [header, becomes]),
      ),
      table(
        cli.io,
        ['ROW', ...sheet.headers],
        rows.map(({ row, cells }) => [row, ...sheet.headers.map((_, i) => cells[i] ?? '')]),
      ),
      'nothing was imported\n',
    ].join('\n');
  });
  return EXIT.ok;
}
