import { readFileSync } from 'node:fs';
import { agentTable } from '../../lib/core/agent.ts';
import { attemptTable } from '../../lib/core/attempt.ts';
import { callbackTable } from '../../lib/core/callback.ts';
import { callerTable } from '../../lib/core/caller.ts';
import { campaignTable } from '../../lib/core/campaign.ts';
import { leadTable } from '../../lib/core/lead.ts';
import { code, table } from './markdown.ts';

type AnyTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The tables of docs/states.md, from the transition tables and the doc comments above their states. */
export const STATE_TABLES: Readonly<Record<string, () => string>> = {
  'attempt states': () => states('attempt.ts', 'AttemptState', attemptTable),
  'lead states': () => states('lead.ts', 'LeadState', leadTable),
  'callback states': () => states('callback.ts', 'CallbackState', callbackTable),
  'caller states': () => states('caller.ts', 'CallerState', callerTable),
  'agent states': () => states('agent.ts', 'AgentState', agentTable),
  'campaign states': () => states('campaign.ts', 'CampaignState', campaignTable),
};

function states(file: string, type: string, moves: AnyTable): string {
  const meanings = meaningsIn(file, type);
  return table(
    ['State', 'Meaning', 'Event → next state'],
    Object.entries(moves).map(([state, events]) => {
      const meaning = meanings.get(state);
      if (meaning === undefined)
        throw new Error(`${type} ${state} has no sentence in the doc comment of lib/core/${file}`);
      const next = Object.entries(events).map(([event, to]) => `${code(event)} → ${code(to)}`);
      return [code(state), meaning, next.join(', ') || 'final'];
    }),
  );
}

/** Doc comments tell the states as "`name`: sentence", one or more a line. */
function meaningsIn(file: string, type: string): Map<string, string> {
  const source = readFileSync(new URL(`../../lib/core/${file}`, import.meta.url), 'utf8');
  const end = source.indexOf(`export type ${type} `);
  const comment = source
    .slice(source.lastIndexOf('/**', end) + 3, source.lastIndexOf('*/', end))
    .replace(/^\s*\*\s?(?:- )?/gm, ' ')
    .replace(/\s+/g, ' ');
  const [, ...parts] = comment.split(/`([a-z-]+)`: /);
  return new Map(parts.flatMap((name, i) => (i % 2 === 0 ? [[name, (parts[i + 1] ?? '').trim()] as const] : [])));
}
