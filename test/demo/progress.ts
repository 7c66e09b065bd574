import { styleText } from 'node:util';
import type { Agent } from '../../lib/control/commands/agents.ts';
import type { CampaignDetails } from '../../lib/control/commands/campaigns.ts';

/** The demo's live view: in place on a terminal, a line every few seconds elsewhere. */
export function createProgress(out: NodeJS.WriteStream): {
  show(campaign: CampaignDetails, agents: readonly Agent[]): void;
  done(): void;
} {
  let drawn = 0;
  let saidAt = 0;
  return {
    show(campaign, agents) {
      if (out.isTTY) {
        const lines = frame(campaign, agents);
        const up = drawn === 0 ? '' : `\u001b[${drawn}A`;
        out.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`);
        drawn = lines.length;
      } else if (performance.now() - saidAt > 5_000) {
        saidAt = performance.now();
        out.write(`${frame(campaign, agents)[0] ?? ''}\n`);
      }
    },
    done() {
      drawn = 0;
      out.write('\n');
    },
  };
}

function frame(campaign: CampaignDetails, agents: readonly Agent[]): string[] {
  const { leads, calls } = campaign;
  const settled = leads.total - leads.callable - leads.dialing;
  const width = 32;
  const filled = leads.total === 0 ? 0 : Math.round((settled / leads.total) * width);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
  const refused = campaign.refused.map(({ code, leads: n }) => `${code} ${n}`).join(', ');
  return [
    `${campaign.state.padEnd(9)} ${bar} ${settled}/${leads.total} leads, ${calls.attempts} attempts, ${campaign.liveCalls} live`,
    `answered ${calls.answered}, connected ${calls.connected}, abandoned ${calls.abandoned}, opted out ${calls.optedOut}`,
    `agents    ${agents.map((agent) => `${agent.name} ${painted(agent.state)}`).join('  ')}`,
    `refused   ${refused === '' ? 'none yet' : refused}`,
    `pacing    ${campaign.pacing === null ? '-' : campaign.pacing.why}`,
  ];
}

function painted(state: Agent['state']): string {
  const colour = state === 'talking' ? 'green' : state === 'available' ? 'yellow' : 'gray';
  return styleText(colour, state, { stream: process.stdout });
}
