import { audited } from '../audited.ts';
import type { Handlers } from '../server.ts';
import { agentHandlers } from './agents.ts';
import { callHandlers } from './calls.ts';
import { callbackHandlers } from './callbacks.ts';
import { campaignHandlers } from './campaigns.ts';
import type { Daemon } from './daemon.ts';
import { duplicateHandlers } from './duplicates.ts';
import { historyHandlers } from './history.ts';
import { importHandlers } from './imports.ts';
import { ledgerHandlers } from './ledger.ts';
import { numberImportHandlers } from './number-imports.ts';
import { optOutHandlers } from './opt-outs.ts';
import { pacingHandlers } from './pacing.ts';
import { planHandlers } from './plan.ts';
import { redialHandlers } from './redials.ts';
import { registerRowHandlers } from './register-rows.ts';
import { rangeHandlers } from './ranges.ts';
import { registerHandlers } from './registers.ts';
import { scheduleHandlers } from './schedules.ts';
import { resultHandlers } from './results.ts';
import { segmentHandlers } from './segments.ts';
import { statusHandlers } from './status.ts';

/** Every command's handler, what changes recorded in the ledger: the type holds that none is missing. */
export function createHandlers(daemon: Daemon): Required<Handlers> {
  const handlers: Required<Handlers> = {
    ...statusHandlers(daemon),
    ...campaignHandlers(daemon),
    ...historyHandlers(daemon),
    ...planHandlers(daemon),
    ...redialHandlers(daemon),
    ...segmentHandlers(daemon),
    ...importHandlers(daemon),
    ...duplicateHandlers(daemon),
    ...numberImportHandlers(daemon),
    ...registerHandlers(daemon),
    ...registerRowHandlers(daemon),
    ...rangeHandlers(daemon),
    ...optOutHandlers(daemon),
    ...agentHandlers(daemon),
    ...callHandlers(daemon),
    ...resultHandlers(daemon),
    ...callbackHandlers(daemon),
    ...pacingHandlers(daemon),
    ...ledgerHandlers(daemon),
    ...scheduleHandlers(daemon),
  };
  return audited(handlers, daemon);
}
