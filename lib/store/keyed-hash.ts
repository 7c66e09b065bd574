import { hash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { messageOf, ObzvonError } from '../errors.ts';

/** Hashes only this installation can make: its key lies beside the database, never in it. */
export interface KeyedHash {
  /** Of a phone's integer, 43 characters of base64url: names a person in the ledger without his number. */
  subject(phone: number): string;
  /** What takes the place of an erased person's number: a negative integer cut from `subject`. */
  pseudonym(phone: number): number;
  /** Signature of the ledger's head and the like. */
  mac(content: string): Buffer;
}

const KEY_BYTES = 32;
/** 52 bits fit a double exactly. */
const PSEUDONYM_HEX = 13;
const BLOCK_BYTES = 64;
const MOST_CONTENT_BYTES = 256;

/** A plain hash of a phone is undone by trying all numbers; an HMAC-SHA-256 is not, without the key. */
export function keyedHash(key: Buffer): KeyedHash {
  const hmac = hmacSha256(key);
  // The gate asks for the same phone again and again in one verdict.
  let last = { phone: 0, subject: '' };
  // The head that one verdict signs is the one the next verdict checks.
  let signed: { readonly content: string | null; readonly mac: Buffer } = { content: null, mac: Buffer.alloc(0) };
  const subject = (phone: number): string => {
    if (phone < 0) return '';
    if (last.phone !== phone) last = { phone, subject: hmac(`phone ${phone}`, 'base64url') };
    return last.subject;
  };
  return {
    subject,
    pseudonym: (phone) => (phone < 0 ? phone : pseudonymOf(subject(phone))),
    mac(content) {
      if (signed.content !== content) signed = { content, mac: Buffer.from(hmac(content, 'hex'), 'hex') };
      return signed.mac;
    },
  };
}

/** The pseudonym that belongs to a subject: who has the ledger can tell it without the key. */
export function pseudonymOf(subject: string): number {
  const hex = Buffer.from(subject, 'base64url').toString('hex', 0, 7).slice(0, PSEUDONYM_HEX);
  return -Number.parseInt(hex, 16) - 1;
}

/** RFC 2104 over one-shot hashes and two buffers kept: ten times faster here than a Hmac object for each number. */
export function hmacSha256(key: Buffer): (content: string, encoding: 'base64url' | 'hex') => string {
  if (key.length > BLOCK_BYTES) throw new RangeError('the key is longer than a block');
  const inner = Buffer.alloc(BLOCK_BYTES + MOST_CONTENT_BYTES, 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES + 32, 0x5c);
  for (const pad of [inner, outer]) for (const [i, byte] of key.entries()) pad[i] = (pad[i] ?? 0) ^ byte;
  return (content, encoding) => {
    const bytes = Buffer.byteLength(content);
    const block =
      bytes <= MOST_CONTENT_BYTES ? inner : Buffer.concat([inner.subarray(0, BLOCK_BYTES)], BLOCK_BYTES + bytes);
    block.write(content, BLOCK_BYTES);
    outer.write(hash('sha256', block.subarray(0, BLOCK_BYTES + bytes), 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', outer, encoding);
  };
}

/** A key for tests and for databases in memory. */
export function passingKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/**
 * Reads the installation's key from its file, or makes it there when the database is new. Throws STORE_FAILED when the
 * file is no key: with another key erased persons would be called again.
 */
export function installationKey(path: string, mayMake: () => boolean): Buffer {
  try {
    if (!existsSync(path) && mayMake()) {
      writeFileSync(path, `${passingKey().toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
      chmodSync(path, 0o600);
    }
    const text = readFileSync(path, 'utf8').trim();
    if (!/^[0-9a-f]{64}$/.test(text)) throw new Error('not 64 hexadecimal digits');
    return Buffer.from(text, 'hex');
  } catch (error) {
    throw new ObzvonError('STORE_FAILED', `cannot read the installation key ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'restore the key file from its backup: without it erased persons cannot be told from new ones',
    });
  }
}
