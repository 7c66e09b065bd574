import { resolve } from 'node:path';
import type { LedgerVerification, PersonStory } from '../control/commands/ledger.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { safeJson } from './clean.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { writePage } from './page.ts';
import { duration, localTime, pairs, table } from './print.ts';

interface VerifyOptions {
  readonly database?: string;
  readonly key?: string;
  readonly anchors?: string;
}

/** `obzvon ledger verify`; exits 1 when anything is not as the gate wrote it. */
export async function verify(cli: Cli, options: VerifyOptions): Promise<ExitCode> {
  const onRows = (rows: number): void => {
    if (cli.io.errIsTty) cli.io.err(`\r\u001b[K${rows} rows`);
  };
  const proof =
    options.database === undefined
      ? await cli.call('ledger.verify', {}, { onProgress: (value) => onRows((value as { rows: number }).rows) })
      : await verifyCopy({ ...options, database: options.database }, onRows);
  if (cli.io.errIsTty) cli.io.err('\r\u001b[K');
  cli.show(proof, (result) => proofText(cli.io, result));
  return proof.ok ? EXIT.ok : EXIT.failed;
}

/** A copy is read here, without the daemon. */
async function verifyCopy(
  { database, key, anchors }: VerifyOptions & { database: string },
  onRows: (rows: number) => void,
): Promise<LedgerVerification> {
  const { verifyFiles } = await import('../store/verify-file.ts');
  const files = { database, key: key ?? `${database}.key`, anchors: anchors ?? null };
  return { ...verifyFiles(files, onRows), files };
}

function proofText(io: Io, proof: LedgerVerification): string {
  const { rows, attempts, anchors, head, elapsedMs, faults, faultCount, files } = proof;
  const rate = elapsedMs > 0 ? Math.round((rows * 1_000) / elapsedMs) : 0;
  const [first] = faults;
  return [
    pairs(io, [
      ['ledger', proof.ok ? { text: 'whole', style: 'green' } : { text: 'NOT WHOLE', style: 'red' }],
      ['database', files.database],
      ['rows', `${rows}, ${attempts} with a call, in ${duration(elapsedMs)} (${rate} rows/s)`],
      ['head', head === null ? 'none' : `row ${head.id}, ${head.hash}`],
      ['anchors', files.anchors === null ? 'none compared' : `${anchors} in ${files.anchors}`],
      ['first fault', first === undefined ? null : `${first.where}: ${first.found}`],
      ['it means', first === undefined ? null : first.means],
      ['faults', faultCount === 0 ? null : faultCount],
    ]),
    faults.length < 2
      ? ''
      : table(
          io,
          ['WHERE', 'FOUND', 'MEANS'],
          faults.map((fault) => [fault.where, fault.found, fault.means]),
        ),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** `obzvon ledger anchor` */
export async function anchor(cli: Cli): Promise<void> {
  cli.show(
    await cli.call('ledger.anchor', {}),
    ({ at, id, hash, path }) => `row ${id} at ${localTime(at)} has the hash ${hash}; written to ${path}\n`,
  );
}

/** `obzvon ledger export --phone PHONE`: JSON on stdout, or a page. */
export async function exportStory(cli: Cli, options: { phone: string; html?: string }): Promise<ExitCode> {
  const story = await cli.call('person.story', { phone: options.phone });
  if (options.html === undefined) {
    cli.io.out(`${safeJson(story, 2)}\n`);
  } else {
    const { storyPage } = await import('./story-page.ts');
    writePage(options.html, storyPage(story));
    await cli.call('file.written', { path: resolve(options.html), kind: 'story' });
    cli.show(
      { file: options.html, verdicts: story.verdicts.length },
      ({ file, verdicts }) => `${file}: ${verdicts} verdicts\n`,
    );
  }
  return rowsHold(story) ? EXIT.ok : EXIT.failed;
}

/** Every verdict fits the row before it and names this person. */
function rowsHold(story: PersonStory): boolean {
  return story.verdicts.every(({ holds, isHis }) => holds && isHis);
}
