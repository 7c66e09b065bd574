import { open, type FileHandle } from 'node:fs/promises';
import type { AttemptId } from '../lib/core/attempt.ts';
import { PbxError, type PbxRecord } from '../lib/dialer/pbx.ts';
import { messageOf } from '../lib/errors.ts';
import { numberIn } from './translate.ts';

const CHUNK = 256 * 1024;
const LIMIT = 64 * 1024 * 1024;

type Draft = { -readonly [key in keyof PbxRecord]: PbxRecord[key] | null };

/**
 * What Asterisk's channel event log (`conf/cel_custom_obzvon.conf`) says of these attempts. Read from its end back to
 * the start of each attempt, at most `limit` bytes, the file rotated last included; broken lines are passed over.
 */
export async function recallFromCel(
  file: string,
  attempts: readonly AttemptId[],
  limit: number = LIMIT,
): Promise<ReadonlyMap<AttemptId, PbxRecord>> {
  const drafts = new Map<string, Draft>(
    attempts.map((id) => [id, { startedAt: null, answeredAt: null, endedAt: null, cause: null, sipCode: null }]),
  );
  const missing = new Set<string>(attempts);
  const take = (line: string): boolean => {
    // Most lines are of other calls: JSON is parsed only where an id can be.
    if (line.includes('at-')) note(line, drafts, missing);
    return missing.size > 0;
  };
  let left = limit;
  try {
    left -= await readBackwards(file, left, take);
  } catch (error) {
    throw new PbxError('unclear', `the PBX's event log cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (missing.size > 0 && left > 0) await readBackwards(`${file}.1`, left, take).catch(() => 0);

  const records = new Map<AttemptId, PbxRecord>();
  for (const id of attempts) {
    const draft = drafts.get(id);
    if (draft === undefined) continue;
    const startedAt = draft.startedAt ?? draft.answeredAt ?? draft.endedAt;
    if (startedAt !== null) records.set(id, { ...draft, startedAt });
  }
  return records;
}

function note(line: string, drafts: ReadonlyMap<string, Draft>, missing: Set<string>): void {
  const fields = fieldsIn(line);
  const id = String(fields?.get('uniqueid'));
  const draft = drafts.get(id);
  if (fields === null || draft === undefined) return;
  const at = Math.round(Number(fields.get('eventtime')) * 1_000);
  if (!Number.isFinite(at) || at <= 0) return;
  switch (fields.get('eventtype')) {
    case 'CHAN_START':
      draft.startedAt = at;
      missing.delete(id);
      break;
    case 'ANSWER':
      draft.answeredAt = at;
      break;
    case 'HANGUP': {
      draft.endedAt = at;
      const extra = extraIn(fields.get('eventextra'));
      draft.cause = numberIn(extra['hangupcause']);
      draft.sipCode = numberIn(extra['tech_cause'] ?? extra['techcause']);
      break;
    }
    case 'CHAN_END':
      draft.endedAt ??= at;
      break;
  }
}

/** Field names in lower case: their spelling differs between the two ways of writing CEL as JSON. */
function fieldsIn(line: string): Map<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) return null;
    return new Map(Object.entries(parsed).map(([key, value]) => [key.toLowerCase(), value]));
  } catch {
    return null;
  }
}

function extraIn(value: unknown): Record<string, unknown> {
  try {
    const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Hands over whole lines, the last first, until `take` has enough or `limit` bytes are read; returns the bytes read. */
async function readBackwards(file: string, limit: number, take: (line: string) => boolean): Promise<number> {
  const handle = await open(file, 'r');
  try {
    return await linesOf(handle, limit, take);
  } finally {
    await handle.close();
  }
}

async function linesOf(handle: FileHandle, limit: number, take: (line: string) => boolean): Promise<number> {
  const { size } = await handle.stat();
  const floor = Math.max(0, size - limit);
  let end = size;
  let tail = Buffer.alloc(0);
  while (end > floor) {
    const start = Math.max(floor, end - CHUNK);
    const chunk = Buffer.alloc(end - start);
    await readWhole(handle, chunk, start);
    const text = Buffer.concat([chunk, tail]);
    // What stands before the first line end belongs to a line that began earlier.
    const firstEnd = text.indexOf(0x0a);
    const cut = start === 0 ? 0 : firstEnd === -1 ? text.length : firstEnd + 1;
    for (const line of text.subarray(cut).toString('utf8').split('\n').reverse()) {
      if (line !== '' && !take(line)) return size - start;
    }
    tail = text.subarray(0, cut);
    end = start;
  }
  return size - end;
}

async function readWhole(handle: FileHandle, into: Buffer, from: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle.read(into, done, into.length - done, from + done);
    if (bytesRead === 0) return;
    done += bytesRead;
  }
}
