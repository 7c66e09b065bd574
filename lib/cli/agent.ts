import type { Commands } from '../control/commands.ts';
import type { Cli } from './cli.ts';
import { addedText } from './optout.ts';
import { duration, table } from './print.ts';

/** `obzvon agent list` */
export async function list(cli: Cli): Promise<void> {
  const now = cli.io.clock.now();
  cli.show(await cli.call('agent.list', {}), ({ agents }) => {
    if (agents.length === 0) return 'no agents in config\n';
    return table(
      cli.io,
      ['AGENT', 'NAME', 'STATE', 'FOR', 'CALLS TODAY', 'TALK TODAY', 'CALL', 'ENDPOINT'],
      agents.map((agent) => [
        agent.id,
        agent.name,
        agent.state,
        duration(Math.max(0, now - agent.since)),
        agent.callsToday,
        duration(agent.talkTodayMs),
        agent.attempt,
        agent.endpoint,
      ]),
    );
  });
}

/** `obzvon agent login ID` */
export async function login(cli: Cli, id: string, options: { ready?: boolean }): Promise<void> {
  cli.show(await cli.call('agent.login', { id, ready: options.ready === true }), stateText);
}

/** `obzvon agent ready ID` */
export async function ready(cli: Cli, id: string): Promise<void> {
  cli.show(await cli.call('agent.ready', { id }), stateText);
}

/** `obzvon agent pause ID` */
export async function pause(cli: Cli, id: string): Promise<void> {
  cli.show(await cli.call('agent.pause', { id }), stateText);
}

/** `obzvon agent logout ID` */
export async function logout(cli: Cli, id: string): Promise<void> {
  cli.show(await cli.call('agent.logout', { id }), stateText);
}

/** `obzvon agent optout ID` */
export async function optOut(cli: Cli, id: string, said: Omit<Commands['agent.optout']['args'], 'id'>): Promise<void> {
  cli.show(await cli.call('agent.optout', { ...said, id }), addedText);
}

function stateText({ id, state }: { id: string; state: string }): string {
  return `${id} is ${state}\n`;
}
