import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { NetConnectOpts } from 'node:net';
import { openAmi, type AmiConnection, type AmiEvent } from '../../asterisk/ami.ts';
import { TIMINGS } from '../../asterisk/timings.ts';
import type { Clock } from '../../lib/clock.ts';
import { PbxError } from '../../lib/dialer/pbx.ts';
import { createLog } from '../../lib/log.ts';
import type { Random } from '../../lib/sim/random.ts';
import { below, chance, cut, of, textOf, type Fuzzer, type Made } from './fuzzer.ts';

/*
 * The stream of AMI through the real asterisk-manager, on a socket that is none: blocks cut anywhere, with any line ends,
 * half, oversized, under names the library uses itself, responses between events. And actions outwards: what goes over
 * the wire is one block, line for line what was asked for, or nothing.
 */

type Fields = Readonly<Record<string, string>>;

/** An action sent, and what Asterisk's side says from then on; `{id}` in it stands for the action's id. */
interface AmiCase extends Made {
  readonly input: { readonly fields: Fields; readonly chunks: readonly string[] };
}

const NAMES = [
  ...['Hangup', 'FullyBooted', 'ContactStatus', 'UserEvent', 'Invented', ''],
  // Names the library's emitter carries itself.
  ...['rawevent', 'RawEvent', 'close', 'Close', 'error', 'connect', 'managerevent', 'asterisk', 'response', 'end'],
];
const KEYS = [
  ...['Uniqueid', 'Cause', 'Channel', 'ChannelStateDesc', 'Response', 'ActionID', 'Message', 'UserEvent', 'Event'],
  ...['Variable', 'ChanVariable', '__proto__', 'constructor', 'length', 'toString', '', ' Cause ', 'cause', 'Output'],
];
const VALUES = [
  ...['at-1', '16', 'Up', 'PJSIP/pstn', '{id}', 'a: b', 'x=y', '', ' ', 'Success', 'Error', 'Follows', '__proto__'],
  ...['close', 'rawevent', 'Привет', '😀', '\ud83d', '\u2028', '\t', '\0', 'Asterisk Call Manager', '--END COMMAND--'],
];
const ENDS = ['\r\n', '\r\n', '\r\n', '\n', '\r\r\n', '\r', '\n\r'];

function block(random: Random): string[] {
  const line = (): string =>
    `${of(random, KEYS)}${of(random, [': ', ': ', ': ', ':', ' : ', ''])}${of(random, VALUES)}`;
  const more = Array.from({ length: below(random, 5) }, line);
  switch (below(random, 8)) {
    case 0:
      return [`Response: ${of(random, ['Success', 'Error', 'error', 'Goodbye'])}`, 'ActionID: {id}', ...more];
    case 1:
      return [`Response: ${of(random, ['Success', 'Error'])}`, `ActionID: ${of(random, NAMES)}`, ...more];
    case 2:
      return ['Response: Follows', 'ActionID: {id}', 'Output: x', ...(chance(random, 0.8) ? ['--END COMMAND--'] : [])];
    case 3:
      return more;
    case 4:
      return ['Asterisk Call Manager/9.0.0'];
    default:
      return [`Event: ${of(random, NAMES)}`, 'Privilege: call,all', ...more];
  }
}

const WORDS = [
  'Ping',
  'Getvar',
  'x',
  '',
  '\r',
  '\n',
  '\r\n\r\nAction: Command',
  '\0',
  '\u2028',
  '\u0085',
  'é',
  '\ud800',
];
const HEADERS = [
  'action',
  'Channel',
  'variable',
  'Event-Mask',
  'x\r\nAction',
  'a: b',
  ' a',
  '',
  '__proto__',
  'ActionID',
  'б',
];

function fieldsOf(random: Random): Fields {
  const fields = new Map([['action', 'Ping']]);
  for (let left = below(random, 4); left > 0; left--) {
    const key = chance(random, 0.7)
      ? of(random, ['channel', 'variable', 'command', 'constructor'])
      : of(random, HEADERS);
    fields.set(key, chance(random, 0.6) ? 'plain' : textOf(random, WORDS, below(random, 4)));
  }
  return Object.fromEntries(fields);
}

/** What the library connects to: it hears what we say and keeps what it writes. */
class Wire extends EventEmitter {
  readonly written: string[] = [];
  readyState = 'open';
  answering = true;
  setKeepAlive(): void {}
  setNoDelay(): void {}
  setEncoding(): void {}
  end(): void {}
  write(text: string): void {
    this.written.push(text);
    const id = /^ActionID: (\S+)/im.exec(text)?.[1];
    if (this.answering) queueMicrotask(() => this.emit('data', `Response: Success\r\nActionID: ${id}\r\n\r\n`));
  }
}

const net = createRequire(import.meta.url)('node:net') as { createConnection: (options: NetConnectOpts) => unknown };
const sockets = channel('net.client.socket');
const clock: Clock = { now: () => 0, monotonic: () => 0, after: () => () => undefined, every: () => () => undefined };

/** A connection that is up, over a wire of ours; cases share it, for a new one takes longer than a case. */
interface Line {
  readonly wire: Wire;
  readonly ami: AmiConnection;
  readonly events: AmiEvent[];
  isClosed: boolean;
}

async function open(): Promise<Line> {
  const wire = new Wire();
  const events: AmiEvent[] = [];
  const real = net.createConnection;
  net.createConnection = ({ signal }) => {
    signal?.addEventListener('abort', () => wire.removeAllListeners());
    sockets.publish({ socket: wire });
    queueMicrotask(() => wire.emit('connect'));
    return wire;
  };
  const account = { host: '127.0.0.1', port: 5038, user: 'obzvon', secret: 'x' };
  const onEvent = (event: AmiEvent): void => void events.push(event);
  const log = createLog({ level: 'silent' });
  const opening = openAmi({ account, timings: TIMINGS, clock, log, onEvent, signal: new AbortController().signal });
  net.createConnection = real;
  const ami = await opening;
  wire.answering = false;
  const line: Line = { wire, ami, events, isClosed: false };
  void ami.closed.then(() => (line.isClosed = true));
  return line;
}

let shared: Line | null = null;

/** Reads the whole stream by itself: the blocks in it, of repeated keys the first. */
function blocksOf(text: string): Map<string, string>[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  lines.pop();
  const blocks: Map<string, string>[] = [];
  let current: string[] = [];
  let output: 'none' | 'open' | 'over' = 'none';
  for (const line of lines) {
    if (current.length === 0 && line.startsWith('Asterisk Call Manager')) continue;
    const low = line.toLowerCase();
    if (current.length === 0 && low.startsWith('response:') && low.includes('follow')) output = 'open';
    if (output === 'open' && current.length > 0 && line === '--END COMMAND--') output = 'over';
    if (line !== '' || output === 'open') {
      current.push(line);
      continue;
    }
    if (output === 'none') blocks.push(fieldsIn(current));
    else {
      const id = /actionid: ([^\r\n]+)/i.exec(current.join('\n'))?.[1];
      blocks.push(new Map([['response', 'follows'], ...(id === undefined ? [] : ([['actionid', id]] as const))]));
    }
    output = 'none';
    current = [];
  }
  return blocks;
}

function fieldsIn(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(': ');
    const key = (colon === -1 ? line : line.slice(0, colon)).trim().toLowerCase();
    if (!fields.has(key)) fields.set(key, colon === -1 ? '' : line.slice(colon + 2));
  }
  return fields;
}

/** Keys the library keeps as maps of their own, and one no object can hold. */
const UNREAD = new Set(['variable', 'chanvariable', '__proto__']);

function sameEvent(told: AmiEvent, right: ReadonlyMap<string, string>): boolean {
  return [...right].every(([key, value]) => UNREAD.has(key) || (Object.hasOwn(told, key) && told[key] === value));
}

/** Whether the action may go out as it is. */
const isSound = (fields: Fields): boolean =>
  Object.entries(fields).every(([key, value]) => /^[A-Za-z][A-Za-z0-9_-]*$/.test(key) && !/[\r\n\0]/.test(value));

/** What is wrong with what went over the wire for an action that may. */
function wrongOnWire(written: string, fields: Fields): string | null {
  const lines = written.split('\r\n');
  if (!written.endsWith('\r\n\r\n') || /[^\r]\n|\r[^\n]|\0/.test(written) || lines.indexOf('') !== lines.length - 2) {
    return `sent more than one block: ${JSON.stringify(written)}`;
  }
  const wanted = Object.entries(fields)
    .filter(([key]) => key.toLowerCase() !== 'actionid')
    .map(([key, value]) => `${key.toLowerCase()}: ${value}`);
  const sent = lines.slice(0, -2).map((line) => line.replace(/^[^:]*/, (key) => key.toLowerCase()));
  const ids = sent.filter((line) => line.startsWith('actionid: '));
  const others = sent.filter((line) => !line.startsWith('actionid: '));
  const same = others.length === wanted.length && wanted.every((line) => others.includes(line));
  return ids.length === 1 && same ? null : `sent ${JSON.stringify(written)}`;
}

/** Sends an action and hears a stream of blocks. */
export const fuzzAmi: Fuzzer<AmiCase> = {
  make(random) {
    const fields = fieldsOf(random);
    const ends = chance(random, 0.5) ? ['\r\n'] : ENDS;
    let text = '';
    for (let left = 1 + below(random, 4); left > 0; left--) {
      for (const line of block(random)) text += line + of(random, ends);
      text += of(random, ends);
    }
    let kind = ends.length === 1 ? 'blocks cut anywhere' : 'odd line ends';
    if (chance(random, 0.2)) {
      kind = 'half blocks';
      const at = below(random, text.length);
      text = text.slice(0, at) + text.slice(at + below(random, 12));
    }
    if (chance(random, 0.00002)) {
      kind = 'a line that never ends';
      return { kind, input: { fields, chunks: Array.from({ length: 40 }, () => 'x'.repeat(30_000)) } };
    }
    return {
      kind: isSound(fields) ? kind : 'an action that may not go out',
      input: { fields, chunks: cut(random, text) },
    };
  },

  async judge({ kind, input: { fields, chunks } }) {
    if (shared === null || shared.isClosed) shared = await open();
    const line = shared;
    const { wire, ami, events } = line;
    events.length = 0;
    wire.written.length = 0;
    let settled = 'waiting';
    const acting = ami.action(fields).then(
      () => (settled = 'answered'),
      (error: unknown) => {
        if (!(error instanceof PbxError)) throw error;
        settled = error.kind;
      },
    );
    const written = [...wire.written];
    if (!isSound(fields)) {
      await acting;
      return written.length === 0 && settled === 'refused' ? null : `sent ${JSON.stringify(written)}, ${settled}`;
    }
    const wrong = written.length === 1 ? wrongOnWire(written[0] ?? '', fields) : `wrote ${written.length} times`;
    if (wrong !== null) return wrong;
    const id = /^ActionID: (\S+)/m.exec(written[0] ?? '')?.[1] ?? '';
    const said = chunks.join('').replaceAll('{id}', id);
    // Cut as it was made: an id is longer than what stands for it, which only moves the cuts.
    let from = 0;
    for (const chunk of chunks) {
      wire.emit('data', said.slice(from, from + chunk.length));
      from += chunk.length;
    }
    wire.emit('data', said.slice(from));
    const blocks = blocksOf(said);
    const right = blocks.filter((block) => block.has('event'));
    const answer = blocks.find((block) => {
      return !block.has('event') && block.has('response') && block.get('actionid') === id;
    });
    await new Promise((done) => process.nextTick(done));
    const done = settled;
    const told = events.slice();
    // Whatever stands open is ended, and the action answered, for the next case.
    wire.emit('data', `\n\n--END COMMAND--\n\n\nResponse: Success\r\nActionID: ${id}\r\n\r\n`);
    await acting;
    if (kind === 'a line that never ends') return line.isClosed ? null : 'was kept for ever';
    if (line.isClosed) return 'closed the connection';
    if (told.length !== right.length) return `told ${told.length} events, should tell ${right.length}`;
    const odd = told.findIndex((event, i) => !sameEvent(event, right[i] ?? new Map()));
    if (odd !== -1) return `told ${JSON.stringify(told[odd])}, should tell ${JSON.stringify([...(right[odd] ?? [])])}`;
    const wanted =
      answer === undefined ? 'waiting' : answer.get('response')?.toLowerCase() === 'error' ? 'refused' : 'answered';
    return done === wanted ? null : `the action was ${done}, should be ${wanted}`;
  },
};
