import type { Table } from './machine.ts';

/**
 * - `offline`: no leg to the agent's phone.
 * - `connecting`: the phone is being called for the nailed-up leg. A crash: recovery looks for the leg.
 * - `paused`: leg up, takes no calls. `available`: takes the next one.
 * - `reserved`: a callee answered and is being bridged to this agent.
 * - `talking`: bridged. `finishing`: talking, then paused. `leaving`: talking, then offline.
 * - `wrap-up`: after-call work with a limit; ends by itself.
 */
export type AgentState =
  | 'offline'
  | 'connecting'
  | 'paused'
  | 'available'
  | 'reserved'
  | 'talking'
  | 'finishing'
  | 'leaving'
  | 'wrap-up';

export type AgentEvent =
  | 'login'
  | 'leg-up'
  | 'leg-down'
  | 'ready'
  | 'pause'
  | 'logout'
  | 'reserve'
  | 'released'
  | 'bridged'
  | 'call-ended'
  | 'wrapped-up';

export const agentTable = {
  offline: { login: 'connecting' },
  connecting: { 'leg-up': 'paused', 'leg-down': 'offline', logout: 'offline' },
  paused: { ready: 'available', 'leg-down': 'offline', logout: 'offline' },
  available: { reserve: 'reserved', pause: 'paused', 'leg-down': 'offline', logout: 'offline' },
  reserved: { bridged: 'talking', released: 'available', 'call-ended': 'available', 'leg-down': 'offline' },
  talking: { 'call-ended': 'wrap-up', pause: 'finishing', logout: 'leaving', 'leg-down': 'offline' },
  finishing: { 'call-ended': 'paused', ready: 'talking', logout: 'leaving', 'leg-down': 'offline' },
  leaving: { 'call-ended': 'offline', ready: 'talking', pause: 'finishing', 'leg-down': 'offline' },
  'wrap-up': {
    'wrapped-up': 'available',
    ready: 'available',
    pause: 'paused',
    'leg-down': 'offline',
    logout: 'offline',
  },
} as const satisfies Table<AgentState, AgentEvent>;
