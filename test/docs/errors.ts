import { ERRORS, EXIT, type ErrorCode } from '../../lib/errors.ts';
import { code, table } from './markdown.ts';

const EXIT_MEANS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  failed: 'it failed, or a law of the dialer does not hold in `report campaign`',
  usage: 'the command line is wrong',
  daemonNotRunning: 'no daemon answers on the control socket',
  noPermission: 'the control socket is not for you',
  partial: 'an import put rows aside',
  configInvalid: 'a config, campaign or policy file is wrong',
  refusedByGate: 'the gate refuses, or the campaign cannot start',
  waitTimedOut: 'the time of `--timeout` is over, or the daemon did not answer in 60 s',
  notFound: 'there is no such campaign, agent, call, import or row',
  changesPending: 'kept for later: nothing ends with it yet',
  pbxUnreachable: 'Asterisk refuses, lacks something, or its trunk is dead',
};

const CODE_MEANS: Readonly<Record<ErrorCode, string>> = {
  USAGE: 'A command, option or argument is wrong.',
  CONFIG_INVALID: 'The config file has mistakes; each is named with line and column.',
  CONFIG_UNREADABLE: 'A config, campaign, policy or calendar file cannot be read.',
  CAMPAIGN_INVALID: 'The campaign file has mistakes; each is named with line and column.',
  SCHEDULE_INVALID: 'A schedule cannot be added: what is wrong is named with its path.',
  RECORDING_INVALID: 'A pacing recording cannot be read, or is not one; the line is named.',
  POLICY_INVALID: 'A policy pack is wrong, is there twice, or is gone though a campaign goes by it.',
  DAEMON_NOT_RUNNING: 'Nobody answers on the control socket, or who answers is not obzvond.',
  DAEMON_ALREADY_RUNNING: 'Another daemon holds the database or the control socket.',
  SOCKET_PERMISSION: 'Your user may not use the control socket.',
  NOT_FOUND: 'There is no such campaign, agent, call, import, policy pack or row of a register.',
  MOVE_REFUSED: 'The state it is in has no such move; also a `campaign start --wait` that ended in a halt.',
  REFUSED_BY_GATE: 'The gate would refuse every call of this campaign: the primary code is named.',
  PREFLIGHT_FAILED: 'The campaign’s trunk or agents are not in the config, or its mode is not dialed.',
  IMPORT_UNREADABLE:
    'A CSV file cannot be read, has no header row that is understood, or its rejects cannot be written.',
  RANGES_REFUSED:
    'The files are not a whole register of numbering ranges; wrong rows are named. The register in force stays.',
  IMPORT_PARTIAL: 'Kept for later: an import with rejects ends with its exit code and prints its counts, no error.',
  EXPORT_FAILED: 'A file could not be written; what was there before is untouched.',
  WAIT_TIMED_OUT: 'The wait is over; the work goes on.',
  PBX_UNREACHABLE: 'Kept for later: a PBX that is away is waited for, and `status` says so.',
  PBX_AUTH: 'Asterisk refuses the user or the secret of ARI or AMI, or the ARI user may only read.',
  PBX_MODULE_MISSING: 'A module, the REST interface or the dialplan context is not there.',
  PBX_TRUNK_DEAD: 'Asterisk says that the trunk does not answer.',
  PBX_REFUSED: 'Asterisk does not know an endpoint of the config.',
  STORE_FAILED: 'The database cannot be opened, locked or written.',
  STORE_FENCED: 'A later daemon took the database while this one stood still; it ends, and changed nothing since.',
  STORE_NEWER: 'The database has a migration this program does not know.',
  PORT_TAKEN: 'The path of the control socket is taken by a file that is no socket; in the test bed, a port is taken.',
  TESTBED_FAILED: 'The test bed could not start; only `npm run testbed`, `npm run demo` and tests print it.',
  BUG: 'Something nobody foresaw; it comes with its stack.',
};

/** The tables of docs/errors.md. */
export const ERROR_TABLES: Readonly<Record<string, () => string>> = {
  'exit codes': () =>
    table(
      ['Exit', 'Name', 'Meaning'],
      Object.entries(EXIT).map(([name, exit]) => [String(exit), code(name), EXIT_MEANS[name as keyof typeof EXIT]]),
    ),
  'error codes': () =>
    table(
      ['Code', 'Exit', 'Meaning', 'What usually mends it'],
      Object.entries(ERRORS).map(([name, { exit, hint }]) => [
        code(name),
        String(exit),
        CODE_MEANS[name as ErrorCode],
        hint,
      ]),
    ),
};
