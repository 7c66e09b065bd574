import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { existsSync } from 'node:fs';
import { messageOf, ObzvonError } from '../errors.ts';
import { readAnchors } from './anchors.ts';
import { installationKey, keyedHash } from './keyed-hash.ts';
import { verifyLedger, type LedgerProof } from './ledger-verify.ts';
import { openForReading } from './open.ts';

/** Files of a ledger: the daemon's own, or copies of them anywhere. */
export interface LedgerFiles {
  readonly database: string;
  readonly key: string;
  /** null: compare with no anchors. */
  readonly anchors: string | null;
}

/** A verification and how long it took. */
export type TimedProof = LedgerProof & { readonly elapsedMs: number };

type Told =
  | { readonly rows: number }
  | { readonly proof: TimedProof }
  | { readonly error: string; readonly hint: string };

/** Tells this file's own thread from any other that imports it. */
const MARK = 'obzvon-ledger-verify';

/** Verifies a ledger without writing to it; throws STORE_FAILED when the files cannot be read or do not belong together. */
export function verifyFiles(files: LedgerFiles, onRows?: (rows: number) => void): TimedProof {
  const keyed = keyedHash(installationKey(files.key, () => false));
  if (files.anchors !== null && !existsSync(files.anchors)) {
    throw new ObzvonError('STORE_FAILED', `there is no anchors file ${files.anchors}`, {
      hint: 'without it rows cut off at the end together with their head are not found; obzvon ledger anchor writes it',
    });
  }
  const db = openForReading(files.database, keyed);
  try {
    const began = performance.now();
    const anchors = files.anchors === null ? [] : readAnchors(files.anchors, keyed);
    const proof = verifyLedger(db, keyed, anchors, onRows);
    return { ...proof, elapsedMs: performance.now() - began };
  } finally {
    db.close();
  }
}

/** The same in a thread of its own: dialing goes on meanwhile. */
export async function verifyApart(
  files: LedgerFiles,
  options: { readonly onRows: (rows: number) => void; readonly signal: AbortSignal },
): Promise<TimedProof> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { mark: MARK, files } });
  const end = (): void => void worker.terminate();
  options.signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise<TimedProof>((resolve, reject) => {
      worker.on('message', (told: Told) => {
        if ('rows' in told) options.onRows(told.rows);
        else if ('proof' in told) resolve(told.proof);
        else reject(new ObzvonError('STORE_FAILED', told.error, { hint: told.hint }));
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new ObzvonError('WAIT_TIMED_OUT', 'the verification was ended')));
    });
  } finally {
    options.signal.removeEventListener('abort', end);
    end();
  }
}

const given = workerData as { readonly mark?: unknown; readonly files: LedgerFiles } | null;
if (!isMainThread && given?.mark === MARK) {
  const tell = (told: Told): void => parentPort?.postMessage(told);
  try {
    tell({ proof: verifyFiles(given.files, (rows) => tell({ rows })) });
  } catch (error) {
    tell({ error: messageOf(error), hint: error instanceof ObzvonError ? error.hint : '' });
  }
}
