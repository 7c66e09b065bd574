import { randomUUID } from 'node:crypto';
import createManager, { type Message } from 'asterisk-manager';
import { PbxError } from '../lib/dialer/pbx.ts';
import { messageOf, ObzvonError } from '../lib/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';
import { supervise, type Connection, type Supervised } from './supervise.ts';
import type { Timings } from './timings.ts';

export interface AmiAccount {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly secret: string;
}

/** An AMI message: keys in lower case, of repeated keys the first. */
export type AmiEvent = Readonly<Record<string, string>>;

export interface AmiConnection extends Connection {
  /** One action and its response, within the deadline; rejects with PbxError, at once when the connection is gone. */
  action(fields: Readonly<Record<string, string>>): Promise<AmiEvent>;
}

export interface AmiOptions {
  readonly account: AmiAccount;
  readonly timings: Timings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onEvent: (event: AmiEvent) => void;
  /** Ends the connection, also one still being made. */
  readonly signal: AbortSignal;
}

/**
 * The one door to asterisk-manager: one connection, logged in, from a Manager of its own. The library holds actions
 * issued too early and sends them at any later login, loses those issued too late, lets a value inject a second action
 * and keeps silent on a wrong password; so here an action goes out now or is refused, and answers in time or fails.
 */
export async function openAmi({ account, timings, clock, log, onEvent, signal }: AmiOptions): Promise<AmiConnection> {
  const { host, port, user, secret } = account;
  refuseControlCharacters({ user, secret });
  signal.throwIfAborted();
  const manager = createManager(null, host, user, secret, true);
  const socket = new AbortController();
  const { promise: closed, resolve: tellClosed } = Promise.withResolvers<string>();
  const pending = new Set<(error: PbxError) => void>();
  let state: 'connecting' | 'logged-in' | 'closed' = 'connecting';
  let why = 'Asterisk closed the AMI connection';
  let heartbeat: Heartbeat | null = null;

  function close(reason: string): void {
    if (state === 'closed') return;
    state = 'closed';
    why = reason;
    heartbeat?.stop();
    signal.removeEventListener('abort', stop);
    // disconnect() would only half-close, and wait for ever on a peer that is gone.
    socket.abort();
    for (const fail of pending) fail(new PbxError('unclear', `AMI: ${reason}`));
    pending.clear();
    tellClosed(reason);
  }

  const stop = (): void => close('stopped');
  signal.addEventListener('abort', stop);
  // Events alone are no sign of life: they come, too, while nothing of ours gets there.
  manager.on('response', () => heartbeat?.beat());
  manager.on('managerevent', (message) => {
    const event = textsOf(message);
    try {
      onEvent(event);
    } catch (error) {
      // It would end the process: the library calls from a tick of its own.
      log.error({ err: error, event: event['event'] }, 'an AMI event could not be handled');
    }
  });
  manager.on('error', (error) => (why = messageOf(error)));
  manager.on('close', () => close(why));

  /** Settles by `run`, by the end of the connection or by the deadline, whichever comes first. */
  function within<T>(
    what: string,
    ms: number,
    run: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const finish = (): void => {
        cancel();
        pending.delete(fail);
      };
      const fail = (error: Error): void => {
        finish();
        reject(error);
      };
      const cancel = clock.after(ms, () => {
        fail(new PbxError('unclear', `AMI gave no answer to ${what} within ${ms} ms`));
      });
      pending.add(fail);
      if (state === 'closed') return fail(new PbxError('unclear', `AMI: ${why}`));
      run((value) => {
        finish();
        resolve(value);
      }, fail);
    });
  }

  const action: AmiConnection['action'] = async (fields) => {
    refuseControlCharacters(fields);
    if (state !== 'logged-in') throw new PbxError('refused', 'AMI is not connected');
    const actionid = randomUUID();
    try {
      return await within(fields['action'] ?? 'an action', timings.deadlineMs, (resolve, reject) => {
        manager.action({ ...fields, actionid }, (error, reply) => {
          if (error === undefined) resolve(textsOf(reply));
          else reject(new PbxError('refused', `AMI: ${textsOf(error)['message'] ?? 'refused'}`));
        });
      });
    } finally {
      manager.removeAllListeners(actionid);
    }
  };

  try {
    await within<void>('the connection', timings.knockMs, (resolve) => {
      manager.connect({ host, port, signal: socket.signal }, undefined, resolve);
    });
    await within<void>('the login', timings.knockMs, (resolve, reject) => {
      manager.login((refusal) => {
        if (refusal === undefined) return resolve();
        const text = textsOf(refusal)['message'] ?? 'login refused';
        // An Asterisk that starts or stops refuses logins too; that mends itself.
        if (!/authentication failed|permission/i.test(text)) return reject(new PbxError('unclear', `AMI: ${text}`));
        reject(
          new ObzvonError('PBX_AUTH', `Asterisk refuses AMI user ${JSON.stringify(user)} at ${host}:${port}: ${text}`, {
            hint: `compare pbx.ami.user and its secret in config with the section [${user}] of manager.conf, and its permit lines`,
          }),
        );
      });
    });
    state = 'logged-in';
    // The library's own `events` option has no effect: it sends a header Asterisk does not know.
    await action({ action: 'Events', eventmask: 'call,system' });
  } catch (error) {
    close(messageOf(error));
    throw error;
  }
  heartbeat = startHeartbeat({
    clock,
    pingMs: timings.pingMs,
    pingsMissed: timings.pingsMissed,
    ping: () => void action({ action: 'Ping' }).catch(() => undefined),
    onDead: close,
  });
  return { closed, close, action };
}

export interface AmiLink extends Supervised {
  /** Lets the connection go and makes a new one: this one may be to a peer that is no more. */
  renew(reason: string): void;
}

/** Keeps an AMI connection for ever; `onEvent` hears each event of each connection. */
export function createAmiLink(
  options: Omit<AmiOptions, 'signal'> & {
    readonly random: () => number;
    readonly isFatal: (error: unknown) => boolean;
    readonly onDown: (why: unknown) => void;
  },
): AmiLink {
  const { account, timings, clock, random, log, onDown } = options;
  const stopping = new AbortController();
  let current: AmiConnection | null = null;
  const supervised = supervise({
    async connect() {
      current = await openAmi({ ...options, signal: stopping.signal });
      log.info({ host: account.host }, 'AMI is up');
      return current;
    },
    onDown(error, retryMs) {
      onDown(error);
      log.warn({ host: account.host, text: messageOf(error), retryMs }, 'AMI is down');
    },
    isFatal: options.isFatal,
    clock,
    random,
    backoffMs: timings.backoffMs,
  });
  return {
    start: () => supervised.start(),
    hurry: () => supervised.hurry(),
    renew: (reason) => current?.close(reason),
    stop() {
      stopping.abort();
      return supervised.stop();
    },
  };
}

function refuseControlCharacters(fields: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(fields)) {
    if (!/^[A-Za-z][\w-]*$/.test(key)) throw new PbxError('refused', `not an AMI header: ${JSON.stringify(key)}`);
    if (/[\r\n\0]/.test(value)) throw new PbxError('refused', `AMI ${key}: a value may not hold a line end or NUL`);
  }
}

function textsOf(message: Message): AmiEvent {
  return Object.fromEntries(
    Object.entries(message).map(([key, value]) => [
      key,
      String(Array.isArray(value) ? (value as unknown[])[0] : value),
    ]),
  );
}
