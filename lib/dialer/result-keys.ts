import { campaignResults } from '../campaign-results.ts';
import { resultByDigits, typedOn } from '../core/result.ts';
import { messageOf, ObzvonError } from '../errors.ts';
import { clearTimer, setTimer, type AgentRun, type Floor } from './floor.ts';
import { giveResult, talkOf } from './results.ts';

/** An entry that stands still so long is dropped. */
const BETWEEN_KEYS_MS = 5_000;

/** What the agent alone hears; Asterisk's core sounds. */
export const ACCEPTED = 'sound:beep';
export const NOT_ACCEPTED = 'sound:beeperr';

/** A key of the agent's phone: with those before it perhaps the result of his talk. */
export function hearKey(floor: Floor, agent: AgentRun, key: string): void {
  const talk = talkOf(agent);
  if (talk === null) return;
  const { entry } = agent;
  entry.typed = typedOn(entry.typed, key, talk !== agent.lastCall);
  if (entry.typed === '') return;
  const said = resultByDigits(campaignResults(talk.campaign.spec), entry.typed.replace('*', ''));
  if (said.kind === 'more') {
    setTimer(floor, entry, BETWEEN_KEYS_MS, () => drop(floor, agent, 'not finished'));
    return;
  }
  if (said.kind === 'none') {
    drop(floor, agent, 'no such result');
    return;
  }
  forget(agent);
  try {
    giveResult(floor, talk, agent.id, said.result, { source: 'digits', note: null, at: said.at });
    tell(floor, agent, ACCEPTED);
  } catch (error) {
    if (!(error instanceof ObzvonError) || error.code === 'STORE_FAILED') throw error;
    drop(floor, agent, messageOf(error));
  }
}

function drop(floor: Floor, agent: AgentRun, reason: string): void {
  floor.log.debug({ agent: agent.id, reason }, 'typed result not taken');
  forget(agent);
  tell(floor, agent, NOT_ACCEPTED);
}

function forget({ entry }: AgentRun): void {
  entry.typed = '';
  clearTimer(entry);
}

function tell(floor: Floor, agent: AgentRun, sound: string): void {
  floor.pbx.announce(agent.id, sound).catch((error: unknown) => {
    floor.log.warn({ agent: agent.id, reason: messageOf(error) }, 'agent not told');
  });
}
