import { createRequire } from 'node:module';

/**
 * ari-client as it is, without the adapter, in a process of its own: `raw-ari.ts CASE URL USER SECRET [URL2 SECRET2]`. What
 * it finds it prints as `found: …`; an unsettled promise ends the process with exit code 13, Node's own for that.
 */
interface RawClient {
  readonly channels: { list(): Promise<unknown> };
  start(app: string): Promise<void>;
  on(event: string, listener: (...args: readonly unknown[]) => void): void;
}
const [what = '', url = '', user = '', secret = '', url2 = '', secret2 = ''] = process.argv.slice(2);

/** All waits made by the library, shortened a thousandfold. */
const waitsMs: number[] = [];
if (what === 'reconnect') {
  const { setTimeout: set } = globalThis;
  globalThis.setTimeout = ((run: () => void, ms = 0) => {
    if (new Error().stack?.includes('backoff-func') === true) waitsMs.push(ms);
    return set(run, ms / 1_000);
  }) as typeof setTimeout;
}

const { connect } = createRequire(import.meta.url)('ari-client') as {
  connect: (url: string, user: string, secret: string) => Promise<RawClient>;
};
const found = (words: unknown): void => void process.stdout.write(`found: ${JSON.stringify(words)}\n`);

const client = await connect(url, user, secret);
switch (what) {
  case 'connect':
    break;
  case 'list':
    found(await client.channels.list());
    break;
  case 'timers':
    void client.channels.list();
    process.stdin.once('data', () => {
      found(process.getActiveResourcesInfo().filter((name) => name === 'Timeout'));
      process.exit();
    });
    break;
  case 'two accounts':
    await connect(url2, user, secret2);
    await client.channels.list();
    break;
  case 'events':
    await client.start('raw');
    found('started');
    process.stdin.once('data', () => {
      found(process.getActiveResourcesInfo().filter((name) => name === 'Timeout'));
      process.exit();
    });
    break;
  case 'reconnect':
    client.on('WebSocketMaxRetries', () => {
      found({ waits: waitsMs.length, totalMs: waitsMs.reduce((sum, ms) => sum + ms, 0) });
    });
    await client.start('raw');
    found('started');
    break;
}
