import { userInfo } from 'node:os';
import type { PersonStory } from '../control/commands/ledger.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { CleanedFile, ErasureAct } from '../store/erasures.ts';
import type { StoredRow } from '../store/stories.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { localTime, pairs, table, timeOrNull, type Cell } from './print.ts';

/** `obzvon lead why PHONE` */
export async function why(cli: Cli, phone: string, options: { limit: number }): Promise<ExitCode> {
  const story = await cli.call('person.story', { phone, verdicts: options.limit });
  cli.show(story, (result) => whyText(cli.io, result));
  const known =
    story.verdictCount > 0 || story.leads.length > 0 || REGISTERS.some(([, rows]) => rows(story).length > 0);
  return known || story.erasure !== null ? EXIT.ok : EXIT.notFound;
}

/** What the registers hold of a person, by their names. */
const REGISTERS: readonly (readonly [name: string, rows: (story: PersonStory) => readonly StoredRow[]])[] = [
  ['consent', (story) => story.consents],
  ['opt-out', (story) => story.optOuts],
  ['refusal', (story) => story.refusals],
  ['reassigned', (story) => story.reassignments],
  ['debtor flag', (story) => story.debtorFlags],
  ['demand', (story) => story.demands],
  ['do-not-call list', (story) => story.doNotCallLists],
];

function whyText(io: Io, story: PersonStory): string {
  const nameOf = new Map(story.campaigns.map((row) => [row['id'], String(row['name'])]));
  const campaign = (id: unknown): string => nameOf.get(id as number) ?? String(id);
  const registers = REGISTERS.flatMap(([name, rows]) => rows(story).map((row) => [name, ...registerCells(row)]));
  const parts = [
    pairs(io, [
      ['person', story.phone],
      ['erased', story.erasure === null ? null : { text: localTime(story.erasure.at), style: 'red' }],
      ['leads', story.leads.length],
      ['verdicts', story.verdictCount],
      ['calls', story.attempts.length],
    ]),
    section(io, ['CAMPAIGN', 'LEAD', 'STATE', 'WHY', 'DUE', 'ATTEMPTS', 'LIST', 'ROW'], story.leads, (row) => [
      campaign(row['campaign']),
      cell(row['id']),
      cell(row['state']),
      cell(row['reason']),
      at(row['next_at']),
      cell(row['attempts']),
      cell(row['list']),
      cell(row['list_row']),
    ]),
    section(io, ['LEAD', 'PLACE', 'NUMBER', 'ATTEMPTS', 'STANDING'], story.numbers, (row) => [
      cell(row['lead']),
      cell(row['place']),
      Number(row['phone']) < 0 ? 'erased' : `+${row['phone']}`,
      cell(row['attempts']),
      row['closed'] !== null
        ? { text: `not called: ${row['closed']}`, style: 'yellow' }
        : row['next'] === 1
          ? { text: 'called next', style: 'green' }
          : 'may be called',
    ]),
    section(
      io,
      ['VERDICT AT', 'CAMPAIGN', 'VERDICT', 'CODES', 'NOT BEFORE', 'ROW'],
      [...story.verdicts].reverse(),
      (row) => [
        localTime(row.verdict.at),
        campaign(row.verdict.campaign),
        { text: row.verdict.verdict, style: row.verdict.verdict === 'ALLOW' ? 'green' : 'yellow' },
        row.verdict.codes.join(', '),
        timeOrNull(row.verdict.notBefore),
        row.id,
      ],
    ),
    section(io, ['REGISTER', 'SINCE', 'WHAT', 'SOURCE'], registers, (cells) => cells),
    section(
      io,
      ['CALL AT', 'CAMPAIGN', 'OUTCOME', 'ANSWERED', 'AGENT', 'CALL'],
      [...story.attempts].reverse(),
      (row) => [
        at(row['planned_at']),
        campaign(row['campaign']),
        cell(row['disposition'] ?? row['state']),
        at(row['answered_at']),
        cell(row['agent']),
        cell(row['id']),
      ],
    ),
    section(
      io,
      ['RESULT AT', 'CAMPAIGN', 'LEAD', 'RESULT', 'STAGE', 'AGENT', 'CALL', 'NOTE'],
      [...story.results].reverse(),
      (row) => [
        at(row['at']),
        campaign(row['campaign']),
        cell(row['lead']),
        { text: String(row['code']), style: row['target'] === 1 ? 'green' : 'bold' },
        cell(row['stage']),
        cell(row['agent']),
        cell(row['attempt']),
        cell(row['note']),
      ],
    ),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** What a register's row says, whichever register it is. */
function registerCells(row: StoredRow): Cell[] {
  const since = row['given_at'] ?? row['since'] ?? row['received_at'] ?? row['at'] ?? row['taken_at'] ?? null;
  const what = ['kind', 'kinds', 'scope', 'flag', 'registry', 'state', 'purpose', 'purposes', 'entity', 'entities']
    .flatMap((name) => row[name] ?? [])
    .filter((value) => value !== '[]')
    .join(' ');
  return [at(since), what, cell(row['source'])];
}

function section<T>(io: Io, head: readonly string[], rows: readonly T[], cells: (row: T) => readonly Cell[]): string {
  return rows.length === 0 ? '' : table(io, head, rows.map(cells));
}

const cell = (value: Cell | undefined): Cell => value ?? null;
const at = (value: string | number | null | undefined): Cell => (typeof value === 'number' ? localTime(value) : null);

/** `obzvon lead erase PHONE`; exits 10 without `--yes`, 1 when a file could not be cleaned or a copy remains. */
export async function erase(cli: Cli, phone: string, options: { reason: string; yes?: boolean }): Promise<ExitCode> {
  const story = await cli.call('person.story', { phone, verdicts: 1 });
  const others = otherNumbers(story);
  if (options.yes !== true) {
    cli.show(story, (found) => `${wouldErase(found)}nothing was erased; it cannot be undone: add --yes\n`);
    cli.io.err(others);
    return EXIT.changesPending;
  }
  const by = cli.io.env['SUDO_USER'] ?? userInfo().username;
  const erased = await cli.call('person.erase', { phone, reason: options.reason, by }, { onProgress: () => undefined });
  const act = await cleanFiles(cli, phone, erased);
  cli.show(act, (done) => actText(cli.io, done));
  cli.io.err(others);
  const failed = act.files.some(({ outcome }) => outcome === 'failed') || (act.search?.remains ?? 0) > 0;
  return failed ? EXIT.failed : EXIT.ok;
}

function wouldErase(story: PersonStory): string {
  const counts: readonly (readonly [string, number])[] = [
    ['leads', story.leads.length],
    ['verdicts', story.verdictCount],
    ['calls', story.attempts.length],
    ['rows in registers', REGISTERS.reduce((sum, [, rows]) => sum + rows(story).length, 0)],
  ];
  return `${story.phone}: ${counts.map(([name, n]) => `${n} ${name}`).join(', ')}\n`;
}

/**
 * Told while they are known: the erasure takes them out of his leads. They are not erased with him, since a number two
 * leads share, of an office or a family, would take other people's rows along; who received the demand knows.
 */
function otherNumbers({ phone, numbers }: PersonStory): string {
  const others = new Set(numbers.map((row) => Number(row['phone'])).filter((other) => other > 0));
  const named = [...others].map((other) => `+${other}`).filter((other) => other !== phone);
  if (named.length === 0) return '';
  return `his leads have other numbers: ${named.join(', ')}; each that is his is erased by its own lead erase\n`;
}

/** Files are cleaned here, with the rights of who asks: the daemon may touch none outside its own folder. */
async function cleanFiles(cli: Cli, phone: string, act: ErasureAct): Promise<ErasureAct> {
  if (act.files.length === 0) return act;
  const [{ cleanFile }, { numberText }, { parsePhone }] = await Promise.all([
    import('../number-files.ts'),
    import('../number-text.ts'),
    import('../core/phone.ts'),
  ]);
  const parsed = parsePhone(phone);
  if (!parsed.ok) throw new Error('a phone the daemon took and we do not');
  const files: CleanedFile[] = [];
  for (const { path, kind } of act.files) {
    files.push({ path, kind, ...(await cleanFile(path, kind === 'story', numberText(parsed.phone))) });
  }
  return cli.call('person.files-cleaned', { phone, files });
}

/** The act, as it is kept and may be printed for the file. */
function actText(io: Io, act: ErasureAct): string {
  const { search } = act;
  const rows = Object.entries(act.rows);
  const mentions = Object.entries(act.mentions);
  return [
    'Act of erasure of personal data / Акт об уничтожении персональных данных\n',
    pairs(io, [
      ['at', `${new Date(act.at).toISOString()} (${localTime(act.at)} here)`],
      ['by', act.by],
      ['reason', act.reason],
      ['keyed hash', act.subject],
      ['pseudonym', act.pseudonym],
      ['how', 'the number replaced by the pseudonym, names, notes and variables cleared, freed space overwritten'],
      ['calls hung up', act.callsHungUp],
      ['demands done', act.demandsDone],
      ['mentions', mentions.length === 0 ? null : mentions.map(([name, n]) => `${name} ${n}`).join(', ')],
      ['searched', search === null ? null : `${search.files.join(', ')}: ${search.bytes} bytes`],
      ['rebuilt', search?.compactedAt == null ? null : 'the database, without freed space'],
      ['number found', search === null ? null : search.remains === 0 ? 'nowhere' : remains(search.remains)],
    ]),
    section(io, ['TABLE', 'ROWS'], rows, (row) => row),
    section(io, ['FILE', 'KIND', 'BECAME', 'RECORDS', 'WHY'], act.files, ({ path, kind, outcome, records, reason }) => [
      path,
      kind,
      outcome === 'failed' ? { text: outcome, style: 'red' } : outcome,
      records,
      reason,
    ]),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function remains(copies: number): Cell {
  return { text: `${copies} copies in freed space: cleared when the daemon next stops`, style: 'red' };
}
