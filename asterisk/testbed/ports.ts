import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';

/** SIP, HTTP and AMI ports lie here: above the well-known, below RTP (10000 up) and the ephemeral ports. */
const FIRST = 5100;
const LAST = 9900;

/** Picks ports that are free now for both TCP and UDP, by binding them; two beds seldom try the same. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  let port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
  for (let tried = 0; found.length < count; tried++) {
    if (tried > LAST - FIRST) throw new Error(`no ${count} free ports between ${FIRST} and ${LAST}`);
    port = port >= LAST ? FIRST : port + 1;
    if (await isFree(port)) found.push(port);
  }
  return found;
}

async function isFree(port: number): Promise<boolean> {
  const tcp = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
  if (!tcp) return false;
  const socket = await holdUdp(port).catch(() => null);
  if (socket === null) return false;
  await new Promise<void>((resolve) => socket.close(resolve));
  return true;
}

/** Binds a UDP port and never answers what comes in; port 0 lets the system choose. */
export function holdUdp(port: number, host?: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(port, host, () => resolve(socket));
  });
}
