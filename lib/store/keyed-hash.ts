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
  mac(content: string | Buffer): Buffer;
}

const KEY_BYTES = 32;
const HMAC_BLOCK = 64;
/** 52 bits fit a double exactly. */
const PSEUDONYM_HEX = 13;

/** A plain hash of a phone is undone by trying all numbers; an HMAC-SHA-256 is not, without the key. */
export function keyedHash(key: Buffer): KeyedHash {
  const hashed = hmacSha256(key);
  // The gate asks for the same phone again and again in one verdict.
  let last = { phone: 0, hash: hashed('phone 0') };
  const ofPhone = (phone: number): Buffer => {
    if (last.phone !== phone) last = { phone, hash: hashed(`phone ${phone}`) };
    return last.hash;
  };
  return {
    subject: (phone) => (phone < 0 ? '' : ofPhone(phone).toString('base64url')),
    pseudonym: (phone) =>
      phone < 0 ? phone : -Number.parseInt(ofPhone(phone).toString('hex', 0, 7).slice(0, PSEUDONYM_HEX), 16) - 1,
    mac: hashed,
  };
}

/** RFC 2104 by one-shot hashes: `createHmac` takes five times as long, twice in each verdict. */
export function hmacSha256(key: Buffer): (content: string | Buffer) => Buffer {
  if (key.length > HMAC_BLOCK) throw new RangeError(`an HMAC key of more than ${HMAC_BLOCK} bytes`);
  const padded = (pad: number): Buffer => Buffer.from(Buffer.concat([key], HMAC_BLOCK).map((byte) => byte ^ pad));
  const [inner, outer] = [padded(0x36), padded(0x5c)];
  const sha256 = (...parts: Buffer[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer');
  return (content) => sha256(outer, sha256(inner, Buffer.from(content)));
}

/** A key for tests and for databases in memory. */
export function passingKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/**
 * Reads the installation's key from its file, or makes it there when the database is new. Throws STORE_FAILED when the
 * file is no key: with another key erased persons would be called again.
 */
export function installationKey(path: string, mayMake: boolean): Buffer {
  try {
    if (!existsSync(path) && mayMake) {
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
