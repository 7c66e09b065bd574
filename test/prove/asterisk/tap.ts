import { systemClock } from '../../../lib/clock.ts';
import { startFaultProxy, type FaultProxy } from '../../helpers/fault-proxy.ts';

/*
 * The witness on the wire between the daemon and ARI: every request it sends and when it was answered, taken from the
 * bytes that pass.
 */

/** One request as it passed; times in epoch ms of the witness. */
export interface Overheard {
  readonly at: number;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: string;
  readonly body: string;
  /** 0: never answered. */
  status: number;
  /** When the last byte of the answer passed so far. */
  answeredAt: number | null;
}

export interface AriTap {
  readonly port: number;
  readonly proxy: FaultProxy;
  /** In order of time. */
  readonly requests: readonly Overheard[];
  /** When event streams were granted, in order. */
  readonly streams: readonly number[];
}

interface Line {
  text: string;
  last: Overheard | null;
  /** An event stream: no requests any more. */
  upgraded: boolean;
}

/** Listens between a daemon and the ARI of `to`. */
export async function startAriTap(to: { readonly host: string; readonly port: number }): Promise<AriTap> {
  const requests: Overheard[] = [];
  const streams: number[] = [];
  const lines = new Map<number, Line>();

  function sent(line: Line, bytes: Buffer): void {
    if (line.upgraded) return;
    line.text += bytes.toString('latin1');
    for (let end = line.text.indexOf('\r\n\r\n'); end !== -1; end = line.text.indexOf('\r\n\r\n')) {
      const head = line.text.slice(0, end);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (line.text.length < end + 4 + length) return;
      const [, method = '', path = '', query = ''] = /^(\w+) ([^ ?]+)\??(\S*)/.exec(head) ?? [];
      const body = line.text.slice(end + 4, end + 4 + length);
      line.text = line.text.slice(end + 4 + length);
      line.last = { at: systemClock.now(), method, path, query, body, status: 0, answeredAt: null };
      requests.push(line.last);
    }
  }

  function answered(line: Line, bytes: Buffer): void {
    const { last } = line;
    if (line.upgraded || last === null) return;
    last.answeredAt = systemClock.now();
    if (last.status !== 0) return;
    last.status = Number(/^HTTP\/1\.\d (\d+)/.exec(bytes.toString('latin1', 0, 16))?.[1] ?? 0);
    if (last.status !== 101) return;
    line.upgraded = true;
    streams.push(last.answeredAt);
  }

  const proxy = await startFaultProxy({
    to,
    hear(connection, direction, bytes) {
      const line = lines.get(connection) ?? { text: '', last: null, upgraded: false };
      lines.set(connection, line);
      if (direction === 'up') sent(line, bytes);
      else answered(line, bytes);
    },
  });
  return { port: proxy.port, proxy, requests, streams };
}

/** The attempt an originate asks for; null: another request. */
export function originated({ method, path }: Overheard): string | null {
  return method === 'POST' ? (/^\/ari\/channels\/(at-[\w-]+)$/.exec(path)?.[1] ?? null) : null;
}
