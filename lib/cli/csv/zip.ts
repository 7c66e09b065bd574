import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { messageOf, ObzvonError } from '../../errors.ts';

/** A zip archive's parts by name. */
export interface Zip {
  readonly has: (name: string) => boolean;
  /**
   * A part's bytes, unpacked chunk by chunk; `onBytes` hears of the packed ones. Throws IMPORT_UNREADABLE past
   * `maxBytes`, or when a part unpacks to more than any sheet does.
   */
  readonly read: (name: string, maxBytes: number, onBytes?: (bytes: number) => void) => AsyncGenerator<Buffer>;
}

interface Part {
  readonly method: number;
  readonly packedBytes: number;
  readonly offset: number;
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
/** The end record and the longest comment behind it. */
const TAIL_BYTES = 22 + 65_535;
const MAX_DIRECTORY_BYTES = 4_194_304;
/** XML of a sheet shrinks thirty to sixty times; a bomb a thousand. */
const MAX_RATIO = 200;
const RATIO_FREE_BYTES = 4_194_304;

/** Reads the directory of a zip archive. Throws IMPORT_UNREADABLE when it is broken or encrypted. */
export async function openZip(path: string): Promise<Zip> {
  const parts = await readDirectory(path);
  return {
    has: (name) => parts.has(name),
    async *read(name, maxBytes, onBytes = () => undefined) {
      const part = parts.get(name);
      if (part === undefined) throw broken(path, `it has no part ${name}`);
      const start = await dataStart(path, part);
      if (part.packedBytes === 0) return;
      const file = createReadStream(path, { start, end: start + part.packedBytes - 1 });
      file.on('data', (chunk) => onBytes(chunk.length));
      // The loop below ends with the error; the callback is only there because pipeline wants one.
      const unpacked = part.method === STORED ? file : pipeline(file, createInflateRaw(), () => undefined);
      let bytes = 0;
      try {
        for await (const chunk of unpacked as AsyncIterable<Buffer>) {
          bytes += chunk.length;
          if (bytes > maxBytes || (bytes > RATIO_FREE_BYTES && bytes > part.packedBytes * MAX_RATIO)) {
            throw broken(path, `its part ${name} unpacks to more than ${Math.round(bytes / 1_000_000)} MB`);
          }
          yield chunk;
        }
      } catch (error) {
        throw error instanceof ObzvonError ? error : broken(path, `its part ${name}: ${messageOf(error)}`);
      }
    },
  };
}

async function readDirectory(path: string): Promise<Map<string, Part>> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = await bytesAt(file, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
    let end = tail.length - 22;
    while (end >= 0 && tail.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
    if (end < 0) throw broken(path, 'its end is missing');
    const bytes = tail.readUInt32LE(end + 12);
    const offset = tail.readUInt32LE(end + 16);
    if (bytes > MAX_DIRECTORY_BYTES || offset + bytes > size) throw broken(path, 'its directory is broken');
    return partsIn(await bytesAt(file, offset, bytes), path);
  } finally {
    await file.close();
  }
}

function partsIn(directory: Buffer, path: string): Map<string, Part> {
  const parts = new Map<string, Part>();
  let at = 0;
  while (at + 46 <= directory.length) {
    if (directory.readUInt32LE(at) !== DIRECTORY_ENTRY) throw broken(path, 'its directory is broken');
    const isEncrypted = (directory.readUInt16LE(at + 8) & 1) === 1;
    const method = directory.readUInt16LE(at + 10);
    const nameBytes = directory.readUInt16LE(at + 28);
    const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    if (isEncrypted) throw broken(path, 'it is under a password');
    if (method !== STORED && method !== DEFLATED) throw broken(path, `its part ${name} is packed in a way of its own`);
    parts.set(name, {
      method,
      packedBytes: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return parts;
}

/** Name and extra fields of the part's own header may be longer than the directory says. */
async function dataStart(path: string, { offset }: Part): Promise<number> {
  const file = await open(path);
  try {
    const header = await bytesAt(file, offset, 30);
    if (header.length < 30 || header.readUInt32LE(0) !== LOCAL_HEADER) throw broken(path, 'a part of it is missing');
    return offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await file.close();
  }
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function broken(path: string, what: string): ObzvonError {
  return new ObzvonError('IMPORT_UNREADABLE', `${path} is no workbook that can be read: ${what}`, {
    hint: 'open it in a spreadsheet program and save it as xlsx or CSV again',
  });
}
