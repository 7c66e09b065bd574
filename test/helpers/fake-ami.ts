import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface FakeAmi {
  readonly port: number;
  /** Actions as they came, keys as written. */
  readonly actions: Readonly<Record<string, string>>[];
  readonly logins: () => number;
  secret: string;
  /** Whether FullyBooted follows a login. */
  booted: boolean;
  /** Names of actions that get no response. */
  readonly deafTo: Set<string>;
  send(fields: Readonly<Record<string, string>>): void;
  cut(): void;
  nextAction(name: string): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

/** A TCP server that speaks as much AMI as the adapter asks, and misbehaves on demand. */
export async function startFakeAmi(options: { secret: string; port?: number }): Promise<FakeAmi> {
  const sockets = new Set<Socket>();
  const waits: { name: string; tell: (action: Readonly<Record<string, string>>) => void }[] = [];
  let logins = 0;

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.write('Asterisk Call Manager/9.0.0\r\n');
    let buffer = '';
    socket.on('data', (data) => {
      buffer += data.toString('utf8');
      for (let end = buffer.indexOf('\r\n\r\n'); end !== -1; end = buffer.indexOf('\r\n\r\n')) {
        const fields = Object.fromEntries(
          buffer
            .slice(0, end)
            .split('\r\n')
            .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
        );
        buffer = buffer.slice(end + 4);
        obey(socket, fields);
      }
    });
  });

  function obey(socket: Socket, action: Record<string, string>): void {
    fake.actions.push(action);
    const name = action['Action'] ?? '';
    for (const wait of waits.filter((it) => it.name.toLowerCase() === name.toLowerCase())) {
      waits.splice(waits.indexOf(wait), 1);
      wait.tell(action);
    }
    if (fake.deafTo.has(name.toLowerCase())) return;
    const id = action['ActionID'] ?? '';
    if (name.toLowerCase() !== 'login') {
      write(socket, { Response: 'Success', ActionID: id });
      return;
    }
    if (action['Secret'] !== fake.secret) {
      write(socket, { Response: 'Error', ActionID: id, Message: 'Authentication failed' });
      socket.end();
      return;
    }
    logins += 1;
    write(socket, { Response: 'Success', ActionID: id, Message: 'Authentication accepted' });
    if (fake.booted) write(socket, { Event: 'FullyBooted', Status: 'Fully Booted' });
  }

  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const fake: FakeAmi = {
    port: (server.address() as AddressInfo).port,
    actions: [],
    logins: () => logins,
    secret: options.secret,
    booted: true,
    deafTo: new Set(),
    send(fields) {
      for (const socket of sockets) write(socket, fields);
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    nextAction: (name) => new Promise((tell) => waits.push({ name, tell })),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return fake;
}

function write(socket: Socket, fields: Readonly<Record<string, string>>): void {
  socket.write(
    `${Object.entries(fields)
      .map(([key, value]) => `${key}: ${value}\r\n`)
      .join('')}\r\n`,
  );
}
