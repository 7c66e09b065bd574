import { parsePhone, phoneToInteger } from '../core/phone.ts';
import { messageOf, ObzvonError } from '../errors.ts';
import { maskText } from '../log.ts';
import type { Store } from '../store/store.ts';
import { COMMANDS, type CommandName } from './commands.ts';
import type { Daemon } from './handlers/daemon.ts';
import type { CallContext, Handlers } from './server.ts';

type AnyHandler = (args: unknown, context: CallContext) => unknown;

/**
 * The same handlers, each changing command a row of the ledger's chain: in the transaction of its work when that is done
 * at once, else one when it begins and one when it ends. What cannot be recorded is not done, and fails.
 */
export function audited(
  handlers: Required<Handlers>,
  { store, clock, log, engine }: Pick<Daemon, 'store' | 'clock' | 'log' | 'engine'>,
): Required<Handlers> {
  const act = <T>(work: () => T): T => engine.floor.act(work);
  const wrapped = Object.entries(handlers).map(([name, plain]) => {
    const command = name as CommandName;
    const { changes } = COMMANDS[command];
    const handler = plain as AnyHandler;
    if (changes === 'nothing') return [command, handler];
    const entryOf =
      (args: unknown, { by }: CallContext) =>
      (result: string, begun: number | null = null) => ({
        at: clock.now(),
        role: by.role,
        claims: by.claims,
        command,
        args: withoutPersons(args, store.audit),
        result,
        begun,
      });
    type Entry = ReturnType<typeof entryOf>;
    /** A row that tells a failure; one that cannot be written is told in the log, the failure itself to the caller. */
    const tellFailed = (entry: Entry, error: unknown, begun: number | null = null): void => {
      const code = error instanceof ObzvonError ? error.code : 'BUG';
      try {
        act(() => store.audit.write(entry(code, begun)));
      } catch (cause) {
        log.error({ command, code, reason: messageOf(cause) }, 'a command that failed could not be recorded');
      }
    };
    if (changes === 'at once') {
      return [
        command,
        (args: unknown, context: CallContext) => {
          const entry = entryOf(args, context);
          try {
            const result = store.audited(entry('ok'), () => {
              const done = handler(args, context);
              // For work that wrote nothing.
              act(() => undefined);
              return done;
            });
            if (result instanceof Promise) throw new Error(`${command} is declared to change at once, and does not`);
            return result;
          } catch (error) {
            tellFailed(entry, error);
            throw error;
          }
        },
      ];
    }
    return [
      command,
      async (args: unknown, context: CallContext) => {
        const entry = entryOf(args, context);
        const begun = act(() => store.audit.write(entry('began')));
        let result: unknown;
        try {
          result = await handler(args, context);
        } catch (error) {
          tellFailed(entry, error, begun);
          throw error;
        }
        act(() => store.audit.write(entry('ok', begun)));
        return result;
      },
    ];
  });
  return Object.fromEntries(wrapped) as Required<Handlers>;
}

/** Arguments that are our own words: names of things, closed lists, dates. Every other text is a digest. */
const CLEAR: ReadonlySet<string> = new Set([
  ...['name', 'campaign', 'for', 'segment', 'unlessIn', 'file', 'path', 'files', 'import', 'list', 'kind'],
  ...[
    'id',
    'attempt',
    'agent',
    'code',
    'slot',
    'scope',
    'entity',
    'purpose',
    'purposes',
    'kinds',
    'operator',
    'register',
  ],
  ...['registry', 'state', 'status', 'by', 'cron', 'zone', 'fallback', 'at'],
  ...['into.kind', 'into.scope', 'into.entity', 'into.purpose', 'into.registry'],
  ...['action.do', 'action.campaign', 'action.register', 'action.registry', 'action.file', 'action.files'],
  ...['values.kinds', 'values.purposes', 'values.entities', 'values.flag', 'values.kind', 'values.state'],
]);
const PHONES: ReadonlySet<string> = new Set(['phone', 'values.phone']);
/** Lists up to this length are shown, longer ones counted. */
const FEW = 20;

/** Arguments for the ledger: a person is his keyed hash, as in verdicts; texts people typed, and rows, are digests. */
export function withoutPersons(args: unknown, hashes: Pick<Store['audit'], 'subject' | 'digest'>, at = ''): unknown {
  if (PHONES.has(at)) {
    const parsed = parsePhone(String(args));
    return parsed.ok
      ? { subject: hashes.subject(phoneToInteger(parsed.phone)) }
      : { digest: hashes.digest(String(args)) };
  }
  if (typeof args === 'string') return CLEAR.has(at) ? maskText(args) : { digest: hashes.digest(args) };
  if (typeof args !== 'object' || args === null) return args;
  if (Array.isArray(args)) {
    const texts = CLEAR.has(at) && args.length <= FEW && args.every((one) => typeof one === 'string');
    return texts
      ? args.map((one) => maskText(one))
      : { count: args.length, digest: hashes.digest(JSON.stringify(args)) };
  }
  const entries = Object.entries(args).map(([key, value]) => {
    return [key, withoutPersons(value, hashes, at === '' ? key : `${at}.${key}`)];
  });
  return Object.fromEntries(entries) as unknown;
}
