import { availableParallelism, platform, setPriority } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Policy } from '../../core/policy.ts';
import { messageOf, ObzvonError } from '../../errors.ts';
import { installationKey, keyedHash, type KeyedHash } from '../keyed-hash.ts';
import { openForReading, type Db } from '../open.ts';
import { askBase, type BaseQuestion } from './ask.ts';
import { slotIn, WHOLE, type Part } from './columns.ts';
import { readColumns } from './leads.ts';
import { LATER, summarize, together, type BaseSummary } from './summary.ts';

/*
 * A base is asked about in threads of their own, each on a connection that only reads, so that the daemon's event loop
 * goes on. Each holds one state of the database for the second or two it takes.
 */

/** What is asked of a base, and until when a call counts as made. */
export interface BaseInquiry extends BaseQuestion {
  /** Leads that may be called only later are not called, epoch ms. */
  readonly until: number;
  /** Which columns the leads have is asked too; it takes as long again. */
  readonly columns?: boolean;
}

/** What became of a base: its summary, and lead by lead why one is not called. */
export interface BaseFinding {
  readonly summary: BaseSummary;
  /** Columns that leads have; none when not asked for. */
  readonly columns: ReadonlySet<string>;
  /** The code by which a lead is not called; null: it is; undefined: there was no such lead. */
  readonly codeOf: (lead: number) => string | null | undefined;
}

interface PartFinding {
  readonly summary: BaseSummary;
  readonly columns: readonly string[];
  readonly ids: Float64Array;
  /** Index in `codes`; 0: called. */
  readonly code: Uint8Array;
  readonly codes: readonly string[];
}

interface Task {
  readonly path: string;
  readonly keyFile: string;
  readonly inquiry: BaseInquiry;
  readonly part: Part;
}

type Reply = { readonly found: PartFinding } | { readonly failed: string };

/** Threads at work on one base, at most: the daemon and its PBX need the rest of the machine. */
const MOST_THREADS = 2;
/** Short-lived objects of a thread, MB: rows are read by the thousand and let go. */
const YOUNG_MB = 16;
/** Calls go before plans. */
const NICENESS = 5;

/** Asks about a whole base; `files`: null of a database in memory, which no thread can open. Throws WAIT_TIMED_OUT when aborted. */
export async function inquire(
  db: Db,
  keyed: KeyedHash,
  files: { readonly path: string; readonly keyFile: string } | null,
  inquiry: BaseInquiry,
  signal: AbortSignal,
): Promise<BaseFinding> {
  if (files === null) return finding([findPart(db, keyed, inquiry, WHOLE)]);
  const of = Math.min(MOST_THREADS, availableParallelism());
  // The policy's files are for the ledger, and of no use here.
  const light = { ...inquiry, policy: { ...inquiry.policy, sources: [] } };
  const parts = Array.from({ length: of }, (_, number) =>
    inThread({ ...files, inquiry: light, part: { of, number } }, signal),
  );
  return finding(await Promise.all(parts));
}

function inThread(task: Task, signal: AbortSignal): Promise<PartFinding> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { baseTask: task },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const stop = (): void => {
      void worker.terminate();
      reject(new ObzvonError('WAIT_TIMED_OUT', 'the caller has gone'));
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    worker.once('message', (reply: Reply) => {
      if ('found' in reply) resolve(reply.found);
      else reject(new ObzvonError('STORE_FAILED', `the base could not be read: ${reply.failed}`));
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      signal.removeEventListener('abort', stop);
      reject(new ObzvonError('STORE_FAILED', 'the thread that read the base ended early'));
    });
  });
}

function findPart(db: Db, keyed: KeyedHash, inquiry: BaseInquiry, part: Part): PartFinding {
  const { now, until, whom } = inquiry;
  const answers = askBase(db, keyed, inquiry, part);
  const compare = whom.kind === 'pass' && whom.before !== null;
  const summary = summarize(answers, { now, until, compare });
  const { ids, code, from } = answers;
  const columns = inquiry.columns === true ? readColumns(db, inquiry.campaign.id, part) : [];
  const codes = [...answers.codes, LATER];
  // Who is not called for want of time has a code of the gate, or the last one.
  for (let slot = 0; slot < ids.length; slot += 1) {
    if ((from[slot] as number) < until) code[slot] = 0;
    else if (code[slot] === 0) code[slot] = codes.length - 1;
  }
  return { summary, columns, ids, code, codes };
}

function finding(parts: readonly PartFinding[]): BaseFinding {
  return {
    summary: together(parts.map(({ summary }) => summary)),
    columns: new Set(parts.flatMap(({ columns }) => columns)),
    codeOf(lead) {
      for (const { ids, code, codes } of parts) {
        const slot = slotIn(ids, lead);
        if (slot !== -1) return codes[code[slot] as number] || null;
      }
      return undefined;
    },
  };
}

/** A clone has forgotten that names of an index are nothing but names. */
function revived(policy: Policy): Policy {
  const regions = Object.assign(Object.create(null) as Record<string, Policy['regions'][string]>, policy.regions);
  return { ...policy, regions };
}

function work({ path, keyFile, inquiry, part }: Task): Reply {
  // On Linux this is the thread's own.
  if (platform() === 'linux') setPriority(0, NICENESS);
  const keyed = keyedHash(installationKey(keyFile, () => false));
  const db = openForReading(path, keyed);
  try {
    const asked = { ...inquiry, policy: revived(inquiry.policy) };
    return { found: db.transaction(() => findPart(db, keyed, asked, part)).deferred() };
  } finally {
    db.close();
  }
}

const given = workerData as { readonly baseTask?: Task } | null;
if (!isMainThread && given?.baseTask !== undefined) {
  let reply: Reply;
  try {
    reply = work(given.baseTask);
  } catch (error) {
    reply = { failed: messageOf(error) };
  }
  const { ids, code } = 'found' in reply ? reply.found : { ids: new Float64Array(), code: new Uint8Array() };
  parentPort?.postMessage(reply, [ids.buffer as ArrayBuffer, code.buffer as ArrayBuffer]);
}
