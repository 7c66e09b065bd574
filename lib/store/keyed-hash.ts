import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
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
/** 52 bits fit a double exactly. */
const PSEUDONYM_HEX = 13;

/** A plain hash of a phone is undone by trying all numbers; an HMAC-SHA-256 is not, without the key. */
export function keyedHash(key: Buffer): KeyedHash {
  const secret = createSecretKey(key);
  const hashed = (content: string | Buffer): Buffer => createHmac('sha256', secret).update(content).digest();
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
