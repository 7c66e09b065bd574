import t from 'tap';
import type { AgentEvent, AgentState } from '../../lib/core/agent.ts';
import { desk } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';

/** How an agent gets into each state. */
const WAY: Readonly<Record<AgentState, readonly AgentEvent[]>> = {
  offline: [],
  connecting: ['login'],
  paused: ['login', 'leg-up'],
  available: ['login', 'leg-up', 'ready'],
  reserved: ['login', 'leg-up', 'ready', 'reserve'],
  talking: ['login', 'leg-up', 'ready', 'reserve', 'bridged'],
  finishing: ['login', 'leg-up', 'ready', 'reserve', 'bridged', 'pause'],
  leaving: ['login', 'leg-up', 'ready', 'reserve', 'bridged', 'logout'],
  'wrap-up': ['login', 'leg-up', 'ready', 'reserve', 'bridged', 'call-ended'],
};

type Command = 'login' | 'ready' | 'pause' | 'logout';

/** Where each command leads from each state; what is not here is refused. */
const LEADS: Readonly<Record<AgentState, Partial<Record<Command, AgentState>>>> = {
  offline: { login: 'connecting' },
  connecting: { logout: 'offline' },
  paused: { ready: 'available', logout: 'offline' },
  available: { pause: 'paused', logout: 'offline' },
  reserved: {},
  talking: { pause: 'finishing', logout: 'leaving' },
  finishing: { ready: 'talking', logout: 'leaving' },
  leaving: { ready: 'talking', pause: 'finishing' },
  'wrap-up': { ready: 'available', pause: 'paused', logout: 'offline' },
};

void t.test('each agent command moves from the states it may, and names the state that refuses it', async (t) => {
  for (const state of Object.keys(WAY) as AgentState[]) {
    for (const command of ['login', 'ready', 'pause', 'logout'] as const) {
      const { ask, lead, rig } = await desk();
      const agent = lead('a1', WAY[state]);
      const wanted = LEADS[state][command];
      const asked =
        command === 'login' ? ask('agent.login', { id: 'a1', ready: false }) : ask(`agent.${command}`, { id: 'a1' });
      if (wanted === undefined) {
        t.match(
          await rejection(asked),
          { code: 'MOVE_REFUSED', exit: 1, message: new RegExp(`agent a1 is ${state}: ${command} is not possible`) },
          `${state}: ${command} is refused`,
        );
        t.equal(agent.state, state);
      } else {
        t.strictSame(await asked, { id: 'a1', state: wanted }, `${state}: ${command} leads to ${wanted}`);
      }
      await rig.engine.stop();
    }
  }
});

void t.test('login comes up paused, or ready when asked', async (t) => {
  const { ask, clock } = await desk();
  await ask('agent.login', { id: 'a1', ready: true });
  await ask('agent.login', { id: 'a2', ready: false });
  await clock.advance(1_000);
  const { agents } = await ask('agent.list', {});
  t.strictSame(
    agents.map(({ id, state }) => [id, state]),
    [
      ['a1', 'available'],
      ['a2', 'paused'],
    ],
  );
});

void t.test('a login that is refused changes nothing: a later pause stays a pause', async (t) => {
  const { ask, lead, clock } = await desk();
  const agent = lead('a1', WAY.available);
  t.match(await rejection(ask('agent.login', { id: 'a1', ready: true })), { code: 'MOVE_REFUSED' });
  await ask('agent.pause', { id: 'a1' });
  await clock.advance(1_000);
  t.equal(agent.state, 'paused');
});

void t.test('an agent nobody knows is not found, by every command', async (t) => {
  const { ask } = await desk();
  for (const asked of [
    ask('agent.login', { id: 'nobody', ready: true }),
    ask('agent.ready', { id: 'nobody' }),
    ask('agent.pause', { id: 'nobody' }),
    ask('agent.logout', { id: 'nobody' }),
  ]) {
    t.match(await rejection(asked), { code: 'NOT_FOUND', exit: 9, message: /no agent “nobody”/ });
  }
});

void t.test('the list has each agent with his state, since when, his call and his day', async (t) => {
  const { ask, clock, rig } = await desk();
  await ask('agent.login', { id: 'a1', ready: true });
  const since = clock.now();
  await clock.advance(50);
  t.match((await ask('agent.list', {})).agents, [
    { id: 'a1', name: 'Agent 1', endpoint: 'PJSIP/agent1', state: 'connecting', attempt: null, callsToday: 0 },
    { id: 'a2', state: 'offline', talkTodayMs: 0 },
  ]);
  t.ok(((await ask('agent.list', {})).agents[0]?.since ?? 0) <= since);
  await rig.engine.stop();
});
