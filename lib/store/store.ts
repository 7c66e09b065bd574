import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import type { AttemptId } from '../core/attempt.ts';
import { messageOf, ObzvonError } from '../errors.ts';
import { createAgents } from './agents.ts';
import { createAnswerHours } from './answer-hours.ts';
import { createAttempts } from './attempts.ts';
import { createCallbacks } from './callbacks.ts';
import { inquire, type BaseFinding, type BaseInquiry } from './base/threads.ts';
import { startCheckpointer } from './checkpointer.ts';
import { createChecks } from './checks.ts';
import { createCampaigns } from './campaigns.ts';
import { raiseEpoch, type Fence } from './epoch.ts';
import { diskOf } from './disk.ts';
import { createErasures } from './erasures.ts';
import { createFactReader } from './facts.ts';
import { createGate } from './gate-transaction.ts';
import { createHistory } from './history.ts';
import { createImports } from './imports.ts';
import { createInbound } from './inbound.ts';
import { createJournal } from './journal.ts';
import { installationKey, keyedHash, passingKey, type KeyedHash } from './keyed-hash.ts';
import { createLedger } from './ledger.ts';
import { createLeadHours } from './lead-hours.ts';
import { createLeads } from './leads.ts';
import { createLineBlocks } from './line-blocks.ts';
import { isFull, isSqliteError, lockStore, mayMakeKey, openStore, type Db } from './open.ts';
import { createNumberSets } from './number-sets.ts';
import { createRegisters } from './registers.ts';
import { createPolicies } from './policies.ts';
import { createPacing } from './pacing.ts';
import { createRanges } from './ranges.ts';
import { createRedialDeeds } from './redial-deeds.ts';
import { createRedials } from './redials.ts';
import { createResults } from './results.ts';
import { createReports } from './reports.ts';
import { createVerdicts } from './verdicts.ts';
import { createSchedules } from './schedules.ts';
import { createSegments } from './segments.ts';
import { createStories } from './stories.ts';
import { createWrittenFiles } from './written-files.ts';

export type Store = ReturnType<typeof createStore>;

/** `at-` + time in base 36 + 10 random digits: sorts by time, never repeats, readable in any Asterisk log. */
export function newAttemptId(now: number): AttemptId {
  // The cheapest random digits there are: 40 bits, none of them the version's.
  const random = randomUUID();
  return `at-${now.toString(36).padStart(9, '0')}${random.slice(0, 8)}${random.slice(9, 11)}` as AttemptId;
}

export interface StoreOptions {
  readonly newAttemptId?: (now: number) => AttemptId;
  /** File of the installation key; made when the database is new. The database's name and `.key` when not given. */
  readonly keyFile?: string;
  /** Where the ledger's head is written. The database's name and `.anchors` when not given. */
  readonly anchorsFile?: string;
  /** False: no threads beside the caller's, as on a clock that does not run by itself. */
  readonly threads?: boolean;
  /** Runs each transaction that writes: the seam where proofs let it fail, or die before or after it. */
  readonly writing?: <T>(write: () => T) => T;
}

/** Opens the database and prepares every statement once. The daemon alone holds one for writing. */
export function createStore(path: string, options: StoreOptions = {}) {
  const unlock = lockStore(path);
  const keyFile = options.keyFile ?? `${path}.key`;
  const anchorsFile = options.anchorsFile ?? `${path}.anchors`;
  const disk = diskOf(path);
  disk?.readyToWrite();
  const { db, keyed } = opened(path, keyFile, unlock);
  const fence = raised(db, unlock);
  const writing = options.writing ?? ((write) => write());
  const checkpointer = path === ':memory:' || options.threads === false ? null : startCheckpointer(db, path);
  const journal = createJournal(db);
  const leads = createLeads(db);
  const callbacks = createCallbacks(db);
  const registers = createRegisters(db);
  const factsFor = createFactReader(db, registers, keyed);
  const ledger = createLedger(db, keyed);
  const own = db.transaction((work: () => unknown) => {
    fence.check();
    return work();
  });
  return {
    path,
    /** Where it lies; null for one in memory. */
    disk,
    keyFile,
    anchorsFile,
    journal,
    leads,
    ...registers,
    factsFor,
    hoursFor: createLeadHours(db),
    ledger,
    imports: createImports(db),
    numberSets: createNumberSets(db, keyed),
    campaigns: createCampaigns(db),
    ranges: createRanges(db),
    lineBlocks: createLineBlocks(db),
    attempts: createAttempts(db),
    agents: createAgents(db),
    callbacks,
    inbound: createInbound(db, options.newAttemptId ?? newAttemptId),
    schedules: createSchedules(db),
    segments: createSegments(db),
    answerHours: createAnswerHours(db),
    pacing: createPacing(db),
    redials: createRedials(db),
    redialDeeds: createRedialDeeds(db),
    reports: createReports(db),
    results: createResults(db),
    history: createHistory(db),
    checks: createChecks(db),
    gate: createGate(
      db,
      { factsFor, leads, journal, ledger, callbacks, fence, policies: createPolicies(db) },
      options.newAttemptId ?? newAttemptId,
      writing,
    ),
    verdicts: createVerdicts(db),
    erasures: createErasures(db, keyed),
    stories: createStories(db, keyed),
    writtenFiles: createWrittenFiles(db),
    /** The gate asked about a whole base, in threads of their own; nothing is written. Throws WAIT_TIMED_OUT when aborted. */
    inquire: (inquiry: BaseInquiry, signal: AbortSignal): Promise<BaseFinding> =>
      inquire(db, keyed, path === ':memory:' || options.threads === false ? null : { path, keyFile }, inquiry, signal),
    /** Throws STORE_FENCED when another daemon has taken the database. */
    checkOwn: () => fence.check(),
    /** Runs `work` in one immediate transaction; nested calls join the outer one. Throws STORE_FENCED as `checkOwn`. */
    commit<T>(work: () => T): T {
      if (db.inTransaction) return work();
      disk?.readyToWrite();
      try {
        const result = writing(() => own.immediate(work) as T);
        checkpointer?.keepBound(disk?.isShort() ?? false);
        return result;
      } catch (error) {
        // The next daemon needs the room to take over what is live.
        if (isFull(error)) disk?.releaseBallast();
        throw isSqliteError(error)
          ? new ObzvonError('STORE_FAILED', `the database ${path} failed: ${messageOf(error)}`, { cause: error })
          : error;
      }
    },
    /** Moves the write-ahead log into the database and empties it; false while somebody reads. */
    emptyLog: (): boolean =>
      (db.pragma('wal_checkpoint(TRUNCATE)') as readonly { busy: number }[]).every(({ busy }) => busy === 0),
    /** Rebuilds the database without freed space and what was left in it; holds the process for seconds a gigabyte. */
    compact(): void {
      // In memory the copy of a large database would not fit.
      db.pragma('temp_store = FILE');
      db.exec('VACUUM');
      db.pragma('temp_store = MEMORY');
    },
    /** Runs `work`, which writes nothing, on one state of the database: many small reads cost less so. */
    reading: <T>(work: () => T): T => (db.inTransaction ? work() : db.transaction(work).deferred()),
    /** Bytes of the database file and its write-ahead log. */
    bytes: () =>
      [path, `${path}-wal`].reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0),
    close(): void {
      checkpointer?.close();
      db.close();
      unlock();
    },
  };
}

function opened(path: string, keyFile: string, unlock: () => void): { db: Db; keyed: KeyedHash } {
  try {
    const inMemory = path === ':memory:';
    const keyed = keyedHash(inMemory ? passingKey() : installationKey(keyFile, mayMakeKey(path)));
    return { keyed, db: openStore(path, keyed) };
  } catch (error) {
    unlock();
    throw error;
  }
}

function raised(db: Db, unlock: () => void): Fence {
  try {
    return raiseEpoch(db);
  } catch (error) {
    db.close();
    unlock();
    throw isSqliteError(error)
      ? new ObzvonError('STORE_FAILED', `the database cannot be written: ${messageOf(error)}`, { cause: error })
      : error;
  }
}
