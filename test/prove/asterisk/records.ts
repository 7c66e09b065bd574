import { readFile } from 'node:fs/promises';
import type { Testbed } from '../../../asterisk/testbed/start.ts';
import type { AttemptId } from '../../../lib/core/attempt.ts';
import type { AgentId } from '../../../lib/dialer/pbx.ts';
import type { WireCall } from '../lives/history.ts';
import { endsCalls, type Struck } from './faults.ts';
import { originated, type AriTap, type Overheard } from './tap.ts';

/** What Asterisk's event record has of one channel, epoch ms. */
export interface Recorded {
  readonly starts: readonly number[];
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
}

/** Our callees' channels by Asterisk's own event record. */
export async function channelRecord(bed: Testbed): Promise<ReadonlyMap<string, Recorded>> {
  const found = new Map<string, { starts: number[]; answeredAt: number | null; endedAt: number | null }>();
  for (const line of (await readFile(bed.pbx.celFile, 'utf8')).split('\n')) {
    if (!line.includes('"at-') || !line.endsWith('}')) continue;
    const event = JSON.parse(line) as { eventtype?: string; uniqueid?: string; eventtime?: string };
    const id = event.uniqueid ?? '';
    if (!id.startsWith('at-')) continue;
    const own = found.get(id) ?? { starts: [], answeredAt: null, endedAt: null };
    found.set(id, own);
    const at = Math.round(Number(event.eventtime) * 1_000);
    if (event.eventtype === 'CHAN_START') own.starts.push(at);
    if (event.eventtype === 'ANSWER') own.answeredAt ??= at;
    if (event.eventtype === 'HANGUP' || event.eventtype === 'CHAN_END') own.endedAt ??= at;
  }
  return found;
}

/** Who was called when, by the log of the telephone network, which is never killed. */
export async function networkRecord(bed: Testbed): Promise<readonly { readonly phone: number; readonly at: number }[]> {
  const lines = (await readFile(bed.pstn.logFile, 'utf8')).split('\n');
  return lines.flatMap((line) => {
    const found = /^\[(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})\].* called \+(\d+)$/.exec(line);
    return found === null ? [] : [{ phone: Number(found[3]), at: new Date(`${found[1]}T${found[2]}`).getTime() }];
  });
}

/** One originate the daemon sent, with what became of it. */
export interface Sent {
  readonly attempt: AttemptId;
  readonly phone: number;
  readonly request: Overheard;
  readonly record: Recorded | null;
  /** When the network was given the call; null: never. */
  readonly heardAt: number | null;
}

/** Slack between the clocks' readings of one moment in three programs. */
const APART_MS = 20;

/** All originates on the wire, each matched with Asterisk's record and the network's. */
export function sentBy(
  tap: AriTap,
  record: ReadonlyMap<string, Recorded>,
  network: readonly { readonly phone: number; readonly at: number }[],
): { readonly sent: readonly Sent[]; readonly unasked: number } {
  const heard = Map.groupBy(network, ({ phone }) => phone);
  const asked = tap.requests.flatMap((request) => {
    const attempt = originated(request);
    return attempt === null ? [] : [{ attempt: attempt as AttemptId, phone: phoneIn(request), request }];
  });
  // The latest originate before a ring is the one that rang: take them from the end.
  const sent = asked.reverse().map(({ attempt, phone, request }): Sent => {
    const rings = heard.get(phone) ?? [];
    const ring = rings.at(-1);
    const own = ring !== undefined && ring.at >= request.at - APART_MS;
    if (own) rings.pop();
    return { attempt, phone, request, record: record.get(attempt) ?? null, heardAt: own ? ring.at : null };
  });
  let unasked = 0;
  for (const rings of heard.values()) unasked += rings.length;
  return { sent: sent.reverse(), unasked };
}

function phoneIn({ query, body }: Overheard): number {
  return Number(/PJSIP\/\+?(\d+)@/.exec(`${decodeURIComponent(query)} ${body}`)?.[1]);
}

/** The calls that came to be, as the invariants want them: placed when the daemon sent them, the rest by Asterisk. */
export function wireCalls(
  tap: AriTap,
  sent: readonly Sent[],
  struck: readonly Struck[],
  caller: number,
): readonly WireCall[] {
  const bridges = Map.groupBy(bridgesIn(tap), ({ attempt }) => attempt);
  const told = new Map<string, number>();
  for (const { method, path, at } of tap.requests) {
    const attempt = /^\/ari\/channels\/(at-[\w-]+)\/play/.exec(path)?.[1];
    if (method === 'POST' && attempt !== undefined && !told.has(attempt)) told.set(attempt, at);
  }
  const ends = struck.filter(({ fault }) => endsCalls(fault)).map(({ wholeAt }) => wholeAt);
  return sent
    .filter(({ record, heardAt }) => record !== null || heardAt !== null)
    .map(({ attempt, phone, request, record, heardAt }) => ({
      attempt,
      phone,
      caller,
      trunk: 'pstn',
      placedAt: request.at,
      rangAt: heardAt,
      answeredAt: record?.answeredAt ?? null,
      bridges: (bridges.get(attempt) ?? []).map(({ at, agent }) => ({ at, agent })),
      toldAt: told.get(attempt) ?? null,
      endedAt: record?.endedAt ?? ends.find((end) => end > request.at) ?? null,
    }));
}

function bridgesIn(tap: AriTap): { attempt: string; agent: AgentId; at: number }[] {
  return tap.requests.flatMap(({ method, path, query, status, at }) => {
    const agent = /^\/ari\/bridges\/br-([^/]+)\/addChannel$/.exec(path)?.[1];
    const attempt = /channel=(at-[\w-]+)/.exec(query)?.[1];
    const done = method === 'POST' && status >= 200 && status < 300;
    return done && agent !== undefined && attempt !== undefined ? [{ attempt, agent: agent as AgentId, at }] : [];
  });
}
