import type { Test } from 'tap';
import { allDayPack, asteriskConfig, startDaemon, type DaemonProcess } from './daemon.ts';
import { eventually } from './eventually.ts';
import { FAKE_SECRET, startFakeAri, type FakeAri } from './fake-ari.ts';
import { shortDir } from './short-dir.ts';

/** A real daemon before a fake Asterisk, whose every call lasts as long as the test wants. */
export interface FakeExchange {
  readonly dir: string;
  readonly ari: FakeAri;
  readonly daemon: DaemonProcess;
  /** Logs an agent in, his phone answers. */
  readonly agentUp: (id: string) => Promise<void>;
  /** Ids of the calls Asterisk was asked for, in order. */
  readonly placed: () => readonly string[];
  /** Resolves with the ids once so many calls were asked for. */
  readonly nthPlaced: (n: number) => Promise<readonly string[]>;
  /** The callee's channel is gone. */
  readonly end: (attempt: string, cause: number, sipCode?: number) => void;
}

const CALL = /^POST \/ari\/channels\/(at-[\w-]+)$/;
const LEG = /^POST \/ari\/channels\/(ag-[\w-]+)$/;

/** Starts both; `config` changes the text of the daemon's config. */
export async function fakeExchange(
  t: Test,
  options: { agents?: number; config?: (text: string) => string } = {},
): Promise<FakeExchange> {
  const ari = await startFakeAri();
  t.teardown(() => ari.stop());
  const text = asteriskConfig({ url: ari.url, agents: options.agents ?? 1 });
  const dir = shortDir(t, {
    'config.yaml': options.config?.(text) ?? text,
    'policy.json': allDayPack(),
    'ari.secret': FAKE_SECRET,
  });
  const daemon = startDaemon(t, dir);
  await daemon.dialing();
  const idsOf = (match: RegExp): string[] =>
    ari.requests.flatMap(({ method, path }) => match.exec(`${method} ${path}`)?.[1] ?? []);
  const placed = (): string[] => idsOf(CALL);
  return {
    dir,
    ari,
    daemon,
    placed,
    async agentUp(id) {
      await daemon.ask('agent.login', { id, ready: true });
      const leg = await eventually('the agent’s phone is called', () =>
        idsOf(LEG).find((channel) => channel.startsWith(`ag-${id}-`)),
      );
      ari.send({
        type: 'StasisStart',
        application: 'obzvon',
        args: ['agent', id],
        channel: { id: leg, name: `PJSIP/${id}`, state: 'Up' },
      });
      await eventually('the agent is available', async () =>
        (await daemon.ask('agent.list', {})).agents.some((agent) => agent.id === id && agent.state === 'available'),
      );
    },
    nthPlaced: (n) => eventually(`${n} calls placed`, () => (placed().length >= n ? placed() : null)),
    end(attempt, cause, sipCode) {
      const channel = { id: attempt, name: 'PJSIP/pstn', state: 'Ringing' };
      ari.send({ type: 'ChannelHangupRequest', channel, cause });
      ari.send({
        type: 'ChannelDestroyed',
        channel,
        cause,
        cause_txt: '',
        ...(sipCode === undefined ? {} : { tech_cause: sipCode }),
      });
    },
  };
}
