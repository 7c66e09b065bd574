/** Exit codes of `obzvon`, frozen by a test and listed in docs/errors.md. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  daemonNotRunning: 3,
  noPermission: 4,
  partial: 5,
  configInvalid: 6,
  refusedByGate: 7,
  waitTimedOut: 8,
  notFound: 9,
  changesPending: 10,
  pbxUnreachable: 11,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every code an operator can meet: what its exit code is and what usually mends it. */
export const ERRORS = {
  USAGE: { exit: EXIT.usage, hint: 'see obzvon help' },
  CONFIG_INVALID: { exit: EXIT.configInvalid, hint: 'mend the lines named, then run obzvon config check' },
  CONFIG_UNREADABLE: { exit: EXIT.configInvalid, hint: 'check the path and its permissions' },
  CAMPAIGN_INVALID: { exit: EXIT.configInvalid, hint: 'mend the lines named, then apply the file again' },
  SCHEDULE_INVALID: { exit: EXIT.configInvalid, hint: 'mend what is named, then add it again' },
  RECORDING_INVALID: { exit: EXIT.configInvalid, hint: 'make it again with obzvon replay --campaign NAME --save FILE' },
  POLICY_INVALID: { exit: EXIT.configInvalid, hint: 'mend the policy pack; the one in force stays' },
  DAEMON_NOT_RUNNING: { exit: EXIT.daemonNotRunning, hint: 'start it: systemctl start obzvon' },
  DAEMON_ALREADY_RUNNING: { exit: EXIT.failed, hint: 'one daemon a database: stop the other one first' },
  SOCKET_PERMISSION: { exit: EXIT.noPermission, hint: 'join the group that owns the control socket' },
  NOT_FOUND: { exit: EXIT.notFound, hint: 'list what there is with the matching list command' },
  MOVE_REFUSED: { exit: EXIT.failed, hint: 'look at the present state with the matching show command' },
  REFUSED_BY_GATE: { exit: EXIT.refusedByGate, hint: 'ask why: obzvon gate explain' },
  PREFLIGHT_FAILED: { exit: EXIT.refusedByGate, hint: 'mend what is named, then start again' },
  IMPORT_UNREADABLE: { exit: EXIT.failed, hint: 'give a CSV file in UTF-8 or CP1251 with a header row' },
  RANGES_REFUSED: {
    exit: EXIT.failed,
    hint: 'give all files of the register at once (ABC-3xx, ABC-4xx, ABC-8xx, DEF-9xx); --force-small takes a part on purpose',
  },
  IMPORT_PARTIAL: { exit: EXIT.partial, hint: 'mend the rows in the rejects file and import it again' },
  EXPORT_FAILED: { exit: EXIT.failed, hint: 'is the folder there, may you write it, and is there room?' },
  WAIT_TIMED_OUT: { exit: EXIT.waitTimedOut, hint: 'the work goes on; wait longer with --timeout' },
  PBX_UNREACHABLE: {
    exit: EXIT.pbxUnreachable,
    hint: 'is Asterisk running, and its http.conf bound where config says?',
  },
  PBX_AUTH: { exit: EXIT.pbxUnreachable, hint: 'compare the user and secret in config with ari.conf or manager.conf' },
  PBX_MODULE_MISSING: { exit: EXIT.pbxUnreachable, hint: 'load the module named, see docs/install.md' },
  PBX_TRUNK_DEAD: {
    exit: EXIT.pbxUnreachable,
    hint: 'asterisk -rx "pjsip show contacts" tells what the trunk answers',
  },
  PBX_REFUSED: { exit: EXIT.failed, hint: 'the text is Asterisk’s own' },
  STORE_FAILED: { exit: EXIT.failed, hint: 'dialing stays off until the database can be written' },
  STORE_FENCED: {
    exit: EXIT.failed,
    hint: 'this daemon was stopped and another was started meanwhile: let that one work, and see why this one lost its lock file',
  },
  STORE_NEWER: { exit: EXIT.failed, hint: 'this database was written by a newer obzvon: upgrade the program' },
  PORT_TAKEN: { exit: EXIT.failed, hint: 'another process listens there: stop it or choose another port' },
  TESTBED_FAILED: { exit: EXIT.failed, hint: 'the log named above says why' },
  BUG: { exit: EXIT.failed, hint: 'please report it with the stack' },
} as const satisfies Record<string, { exit: ExitCode; hint: string }>;
export type ErrorCode = keyof typeof ERRORS;

/** An operator's mistake or an honest "no": printed as a sentence and a hint, never with a stack. */
export class ObzvonError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: readonly string[];

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; hint?: string; details?: string[] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ObzvonError';
    this.code = code;
    this.hint = options.hint ?? ERRORS[code].hint;
    this.details = options.details ?? [];
  }

  get exit(): ExitCode {
    return ERRORS[this.code].exit;
  }
}

/** The text of anything thrown, for a log field or a sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
