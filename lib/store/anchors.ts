import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { messageOf, ObzvonError } from '../errors.ts';
import type { KeyedHash } from './keyed-hash.ts';

/** The ledger's head at a moment, written outside the database. */
export interface Anchor {
  /** UTC epoch ms. */
  readonly at: number;
  readonly id: number;
  /** 64 hexadecimal digits. */
  readonly hash: string;
}

/** A line of an anchors file as found; `signed` is false when this installation's key did not write it so. */
export interface AnchorLine extends Anchor {
  readonly line: number;
  readonly signed: boolean;
}

const LINE = /^(\S+) (\d+) ([0-9a-f]{64}) ([0-9a-f]{64})$/;

/** `TIME ID HASH SIGNATURE`, one line. */
export function anchorLine(keyed: KeyedHash, anchor: Anchor): string {
  const text = `${new Date(anchor.at).toISOString()} ${anchor.id} ${anchor.hash}`;
  return `${text} ${signature(keyed, text)}`;
}

function signature(keyed: KeyedHash, text: string): string {
  return keyed.mac(`ledger anchor\n${text}`).toString('hex');
}

/** Adds a line and waits until it is on the disk; throws STORE_FAILED. */
export function appendAnchor(path: string, keyed: KeyedHash, anchor: Anchor): void {
  try {
    const file = openSync(path, 'a', 0o640);
    try {
      writeSync(file, `${anchorLine(keyed, anchor)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new ObzvonError('STORE_FAILED', `cannot write the anchors file ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'the daemon’s user must be able to add to the file of ledger.anchors in config',
    });
  }
}

/** Every anchor of a file; none when there is no file. */
export function readAnchors(path: string, keyed: KeyedHash): AnchorLine[] {
  return existsSync(path) ? parseAnchors(readFileSync(path, 'utf8'), keyed) : [];
}

/** Lines of an anchors file; one that is no anchor comes unsigned, with id 0. */
export function parseAnchors(content: string, keyed: KeyedHash): AnchorLine[] {
  return content
    .split('\n')
    .map((text, i) => ({ text, line: i + 1 }))
    .filter(({ text }) => text !== '')
    .map(({ text, line }) => {
      const [, at = '', id = '0', hash = '', mac = ''] = LINE.exec(text) ?? [];
      const signed = mac !== '' && signature(keyed, `${at} ${id} ${hash}`) === mac;
      return { line, at: Date.parse(at), id: Number(id), hash, signed };
    });
}
