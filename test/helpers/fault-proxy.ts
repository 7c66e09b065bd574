import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { systemClock, type Cancel } from '../../lib/clock.ts';
import { seededRandom } from '../../lib/sim/random.ts';

/** `up`: what the client sends; `down`: what the server sends. */
export type Direction = 'up' | 'down';

/** One way a connection can be ill; without a direction it is ill both ways. */
export type Toxic = { readonly direction?: Direction } & (
  | { readonly kind: 'latency'; readonly ms: number; readonly jitterMs?: number }
  /** Nothing passes while it lasts, no new connection either; then all that was held does, as TCP would send it again. */
  | { readonly kind: 'cut' }
  /** The peer of each connection open now has vanished: nothing passes any more, and no FIN or RST; new ones are well. */
  | { readonly kind: 'half-open' }
  /** Pieces of 1 to `bytes` bytes, each `ms` after the one before. */
  | { readonly kind: 'slice'; readonly bytes: number; readonly ms: number }
  /** A RST to both ends, of those open now and of each new one. */
  | { readonly kind: 'reset' }
  /** A FIN is told so much later. */
  | { readonly kind: 'slow-close'; readonly ms: number }
  /** Closes after so many bytes more. */
  | { readonly kind: 'limit'; readonly bytes: number }
);

export interface FaultProxy {
  readonly port: number;
  /** Makes the connections ill, at once; returns the cure. */
  add(toxic: Toxic): () => void;
  /** Connections open now, and all there ever were. */
  readonly open: () => number;
  readonly accepted: () => number;
  stop(): Promise<void>;
}

interface Item {
  readonly at: number;
  /** Null: the FIN. */
  readonly bytes: Buffer | null;
}

interface Link {
  readonly id: number;
  readonly client: Socket;
  readonly server: Socket;
  vanished: boolean;
  over: boolean;
}

/** What is held for one connection before its sender is asked to wait. */
const HELD_MOST = 1024 * 1024;

/** A TCP proxy to `to` on a port of its own, which can be made to fail in the ways networks do; its chances are seeded. */
export async function startFaultProxy(options: {
  readonly to: { readonly host: string; readonly port: number };
  readonly port?: number;
  readonly seed?: number;
  /** Overhears what passes, with the number of its connection. */
  readonly hear?: (connection: number, direction: Direction, bytes: Buffer) => void;
}): Promise<FaultProxy> {
  const random = seededRandom(options.seed ?? 1);
  const toxics = new Set<Toxic>();
  const links = new Set<Link>();
  const sockets = new Set<Socket>();
  let stopped = false;
  const timers = new Set<Cancel>();
  let accepted = 0;
  let changed = Promise.withResolvers<void>();

  function active<K extends Toxic['kind']>(kind: K, direction: Direction): Extract<Toxic, { kind: K }>[] {
    return [...toxics].filter(
      (toxic): toxic is Extract<Toxic, { kind: K }> =>
        toxic.kind === kind && (toxic.direction ?? direction) === direction,
    );
  }

  async function uncut(...directions: Direction[]): Promise<void> {
    while (directions.some((direction) => active('cut', direction).length > 0)) await changed.promise;
  }

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = systemClock.after(Math.max(0, ms), () => {
        timers.delete(cancel);
        resolve();
      });
      timers.add(cancel);
    });
  }

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  }

  function reset(link: Link): void {
    link.over = true;
    links.delete(link);
    for (const socket of [link.client, link.server]) {
      // After a FIN the system refuses the RST, and Node would never close the socket.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  /** Carries what one end sends to the other, as ill as it is when each piece's turn comes. */
  function carry(link: Link, direction: Direction, source: Socket, sink: Socket): void {
    const queue: Item[] = [];
    const counted = new Map<Toxic, number>();
    let held = 0;
    let running = false;
    let takenBack = false;

    function take(bytes: Buffer | null): void {
      if (link.vanished) return;
      queue.push({ at: systemClock.monotonic(), bytes });
      held += bytes?.length ?? 0;
      if (held > HELD_MOST) source.pause();
      if (!running) void run();
    }

    async function run(): Promise<void> {
      running = true;
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
        await pass(item);
        held -= item.bytes?.length ?? 0;
        if (held <= HELD_MOST) source.resume();
      }
      running = false;
    }

    async function pass({ at, bytes }: Item): Promise<void> {
      await uncut(direction);
      for (const { ms, jitterMs = 0 } of active('latency', direction)) {
        await wait(at + ms + (2 * random() - 1) * jitterMs - systemClock.monotonic());
      }
      if (bytes === null) {
        for (const { ms } of active('slow-close', direction)) await wait(ms);
        if (!link.over && !link.vanished) sink.end();
        return;
      }
      for (let rest = bytes; rest.length > 0; ) {
        const [slice] = active('slice', direction);
        const size = slice === undefined ? rest.length : 1 + Math.floor(random() * slice.bytes);
        send(rest.subarray(0, size));
        rest = rest.subarray(size);
        if (slice !== undefined && rest.length > 0) await wait(slice.ms);
      }
    }

    function send(bytes: Buffer): void {
      if (link.over || link.vanished || takenBack) return;
      let most = bytes.length;
      for (const toxic of active('limit', direction)) {
        const left = toxic.bytes - (counted.get(toxic) ?? 0);
        counted.set(toxic, (counted.get(toxic) ?? 0) + bytes.length);
        most = Math.min(most, left);
      }
      if (most > 0) options.hear?.(link.id, direction, bytes.subarray(0, most));
      if (most > 0) sink.write(bytes.subarray(0, most));
      if (most >= bytes.length) return;
      link.over = true;
      links.delete(link);
      void finish();
    }

    async function finish(): Promise<void> {
      for (const { ms } of active('slow-close', direction)) await wait(ms);
      for (const socket of [sink, source]) socket.end(() => socket.destroy());
    }

    source.on('data', take);
    source.on('end', () => take(null));
    source.on('error', () => {
      // A RST, or a write into one. What the sender's kernel had not got rid of is gone with it.
      takenBack = true;
      if (!link.vanished && !link.over) void uncut(direction).then(() => reset(link));
    });
    source.on('close', () => {
      if (source.destroyed && sink.destroyed) links.delete(link);
    });
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const id = (accepted += 1);
    keep(client);
    void uncut('up', 'down').then(() => {
      if (client.destroyed || stopped) return;
      if ([...toxics].some(({ kind }) => kind === 'reset')) return void client.resetAndDestroy();
      const upstream = connect({ ...options.to, allowHalfOpen: true, noDelay: true });
      keep(upstream);
      const link: Link = { id, client, server: upstream, vanished: false, over: false };
      links.add(link);
      carry(link, 'up', client, upstream);
      carry(link, 'down', upstream, client);
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    add(toxic) {
      toxics.add(toxic);
      const doomed = toxic.kind === 'half-open' ? [...links] : [];
      for (const link of doomed) link.vanished = true;
      if (toxic.kind === 'reset') for (const link of links) reset(link);
      return () => {
        toxics.delete(toxic);
        // Whoever speaks to a host that came back without knowing the connection is told so.
        for (const link of doomed) reset(link);
        changed.resolve();
        changed = Promise.withResolvers();
      };
    },
    open: () => links.size,
    accepted: () => accepted,
    async stop() {
      stopped = true;
      const closed = once(server, 'close');
      server.close();
      for (const cancel of timers) cancel();
      for (const link of links) reset(link);
      for (const socket of sockets) socket.destroy();
      toxics.clear();
      changed.resolve();
      await closed;
    },
  };
}
