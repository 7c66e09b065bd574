import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import type { RecordedLine } from '../core/pacing/recording.ts';
import { messageOf, ObzvonError } from '../errors.ts';
import type { Cli } from './cli.ts';

/** Where a recording comes from: a file of its own, or a session the daemon recorded. */
export interface RecordingSource {
  readonly file?: string;
  readonly campaign?: string;
  readonly session?: number;
}

/** A recording, line by line; throws an ObzvonError that names file and line of what is no recording. */
export async function* readRecording(cli: Cli, source: RecordingSource): AsyncGenerator<RecordedLine> {
  const name = source.file ?? `the recording of ${source.campaign ?? ''}`;
  let number = 0;
  for await (const text of source.file === undefined ? sessionLines(cli, source) : fileLines(source.file)) {
    number += 1;
    if (text !== '') yield parsed(text, name, number, number === 1);
  }
  if (number === 0) throw new ObzvonError('RECORDING_INVALID', `${name} is empty`);
}

/** Writes a session of the daemon into a file that can be replayed anywhere. */
export async function saveRecording(cli: Cli, source: RecordingSource, file: string): Promise<number> {
  const parts: string[] = [];
  for await (const text of sessionLines(cli, source)) parts.push(`${text}\n`);
  await writeFile(file, parts.join(''), { mode: 0o600 });
  return parts.length;
}

async function* fileLines(file: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  } catch (cause) {
    throw new ObzvonError('RECORDING_INVALID', `cannot read the recording ${file}: ${messageOf(cause)}`, { cause });
  }
}

async function* sessionLines(cli: Cli, { campaign = '', session }: RecordingSource): AsyncGenerator<string> {
  const { sessions } = await cli.call('pacing.sessions', { name: campaign });
  const chosen = session ?? sessions[0]?.session;
  if (chosen === undefined || !sessions.some((known) => known.session === chosen)) {
    const known = sessions.map((known) => known.session).join(', ');
    throw new ObzvonError(
      'NOT_FOUND',
      chosen === undefined
        ? `nothing of ${campaign} is recorded yet`
        : `${campaign} has no recording ${chosen}; it has ${known}`,
      { hint: `see obzvon replay --campaign ${campaign} --list` },
    );
  }
  for (let part = 0; ; part += 1) {
    const { lines } = await cli.call('pacing.part', { name: campaign, session: chosen, part });
    if (lines === null) return;
    yield* lines.trimEnd().split('\n');
  }
}

const KINDS = { made: 4, heard: 2, asked: 8 } as const;

function parsed(text: string, name: string, number: number, first: boolean): RecordedLine {
  const wrong = (what: string): ObzvonError => new ObzvonError('RECORDING_INVALID', `${name}, line ${number}: ${what}`);
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (cause) {
    throw wrong(`not JSON: ${messageOf(cause)}`);
  }
  const kind: unknown = Array.isArray(line) ? line[0] : undefined;
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind)) throw wrong('not a line of a pacing recording');
  if ((line as unknown[]).length !== KINDS[kind as keyof typeof KINDS])
    throw wrong(`a “${kind}” line of another length`);
  if (first && kind !== 'made') throw wrong('a recording begins with the making of its pacer');
  return line as RecordedLine;
}
