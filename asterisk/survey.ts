import type { AttemptId } from '../lib/core/attempt.ts';
import type { AgentId, PbxSurvey } from '../lib/dialer/pbx.ts';
import { agentOfBridge } from './agents.ts';
import type { AriBridge, AriChannel } from './ari.ts';
import { attemptIn } from './translate.ts';

/** Our callees among all channels of the PBX, and whose bridge each is in. */
export function calleesIn(channels: readonly AriChannel[], bridges: readonly AriBridge[]): PbxSurvey['attempts'] {
  const bridgedTo = new Map<string, AgentId | null>();
  for (const bridge of bridges) for (const id of bridge.channels) bridgedTo.set(id, agentOfBridge(bridge.id));
  const attempts = new Map<AttemptId, { state: 'down' | 'ringing' | 'up'; agent: AgentId | null }>();
  for (const { id, state } of channels) {
    const attempt = attemptIn(id);
    if (attempt !== null) attempts.set(attempt, { state: stateOf(state), agent: bridgedTo.get(id) ?? null });
  }
  return attempts;
}

function stateOf(state: string): 'down' | 'ringing' | 'up' {
  if (state === 'Up') return 'up';
  return state === 'Ringing' || state === 'Ring' ? 'ringing' : 'down';
}
