import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { MinimalOrder, MinimalReply, MinimalSetup } from './minimal.ts';

/** A client of the PBX that is measured: both are driven alike, each from a process of its own. */
export interface Variant {
  readonly name: 'minimal' | 'obzvon';
  /** Nails up all agents. */
  login(): Promise<void>;
  /** Begins to call the numbers of this round; does not wait for the calls. */
  dial(round: number): Promise<void>;
  logout(): Promise<void>;
  /** The client's own account of a round: from its news of the answer to its news of the bridge. */
  bridgedMs(round: number): Promise<readonly number[]>;
  stop(): Promise<void>;
}

/** The yardstick of minimal.ts. */
export async function startMinimal(
  setup: MinimalSetup,
  rounds: readonly (readonly string[])[],
  perSecond: number,
): Promise<Variant> {
  const script = fileURLToPath(new URL('./minimal.ts', import.meta.url));
  const child = fork(script, [JSON.stringify(setup)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void gone.then(() => process.off('exit', killWithUs));
  const answer = (): Promise<MinimalReply | 'connected'> =>
    Promise.race([
      new Promise<MinimalReply | 'connected'>((resolve) => child.once('message', resolve)),
      gone.then(() => ({ error: 'it ended' })),
    ]);
  const accepted = async (reply: Promise<MinimalReply | 'connected'>): Promise<readonly number[]> => {
    const said = await reply;
    if (said === 'connected') return [];
    if ('error' in said) throw new Error(`the minimal client: ${said.error}`);
    return said.bridgedMs;
  };
  const order = (it: MinimalOrder): Promise<readonly number[]> => {
    const reply = accepted(answer());
    child.send(it);
    return reply;
  };
  await accepted(answer());
  let bridged: readonly number[] = [];
  return {
    name: 'minimal',
    login: async () => void (await order({ do: 'login' })),
    dial: async (round) => void (await order({ do: 'dial', numbers: rounds[round] ?? [], perSecond })),
    async logout() {
      bridged = await order({ do: 'logout' });
    },
    bridgedMs: async () => bridged,
    async stop() {
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}

/** Asks every 50 ms until it is so; rejects after a while, naming what was waited for. */
export async function poll(
  what: string | (() => string),
  done: () => boolean | Promise<boolean>,
  limitMs = 30_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await done())) {
    if (performance.now() > end)
      throw new Error(`not within ${limitMs / 1_000} s: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
