import { AGENT_COMMANDS, type AgentCommands } from './commands/agents.ts';
import { CALLBACK_COMMANDS, type CallbackCommands } from './commands/callbacks.ts';
import { CALL_COMMANDS, type CallCommands } from './commands/calls.ts';
import { CAMPAIGN_COMMANDS, type CampaignCommands } from './commands/campaigns.ts';
import { IMPORT_COMMANDS, type ImportCommands } from './commands/imports.ts';
import { LEDGER_COMMANDS, type LedgerCommands } from './commands/ledger.ts';
import { LINE_COMMANDS, type LineCommands } from './commands/lines.ts';
import { OPT_OUT_COMMANDS, type OptOutCommands } from './commands/opt-outs.ts';
import { PACING_COMMANDS, type PacingCommands } from './commands/pacing.ts';
import { RANGE_COMMANDS, type RangeCommands } from './commands/ranges.ts';
import { REDIAL_COMMANDS, type RedialCommands } from './commands/redials.ts';
import { REGISTER_COMMANDS, type RegisterCommands } from './commands/registers.ts';
import { RESULT_COMMANDS, type ResultCommands } from './commands/results.ts';
import { SCHEDULE_COMMANDS, type ScheduleCommands } from './commands/schedules.ts';
import { SEGMENT_COMMANDS, type SegmentCommands } from './commands/segments.ts';
import { STATUS_COMMANDS, type StatusCommands } from './commands/status.ts';
import type { Told } from './commands/shape.ts';

/*
 * The product's own interface, a file of commands/ for each group: what its commands take and answer (and the CLI
 * prints with --json), what they are for and who may send them. A field is added, not changed. Times are UTC epoch
 * milliseconds, phones are E.164, what is unknown is null.
 *
 * A new command stands in its group's file, as `$defs/<name>` in schemas/control.json (its arguments) and in the file
 * of handlers/ of the same subject; the types and the tests hold that none of the three is missing.
 */

/** Every command: what it takes and what it answers. */
export interface Commands
  extends StatusCommands,
    CampaignCommands,
    SegmentCommands,
    RedialCommands,
    ImportCommands,
    RegisterCommands,
    OptOutCommands,
    LineCommands,
    RangeCommands,
    AgentCommands,
    ResultCommands,
    CallbackCommands,
    CallCommands,
    PacingCommands,
    ScheduleCommands,
    LedgerCommands {}

export type CommandName = keyof Commands;

/** What each command is for and who may send it. */
export const COMMANDS: Told<Commands> = {
  ...STATUS_COMMANDS,
  ...CAMPAIGN_COMMANDS,
  ...SEGMENT_COMMANDS,
  ...REDIAL_COMMANDS,
  ...IMPORT_COMMANDS,
  ...REGISTER_COMMANDS,
  ...OPT_OUT_COMMANDS,
  ...LINE_COMMANDS,
  ...RANGE_COMMANDS,
  ...AGENT_COMMANDS,
  ...RESULT_COMMANDS,
  ...CALLBACK_COMMANDS,
  ...CALL_COMMANDS,
  ...PACING_COMMANDS,
  ...SCHEDULE_COMMANDS,
  ...LEDGER_COMMANDS,
};

/** Whether this daemon and this CLI share the command. */
export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
