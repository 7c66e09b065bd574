import { phoneFromInteger, type Phone } from '../core/phone.ts';
import type { InboundRow } from '../store/inbound.ts';
import { connected, endCaller, letGo, loseCallersAgent, offer } from './caller-run.ts';
import type { CallerRun, CampaignRun, Floor } from './floor.ts';
import type { CallerId, PbxSurvey } from './pbx.ts';

/** The run of a stored call that is not over, with the agent he may be talking to. */
export function recallCaller(row: InboundRow, campaign: CampaignRun, floor: Floor): CallerRun {
  const hasAgent = row.state === 'bridging' || row.state === 'talking';
  const agent = hasAgent ? ([...floor.agents.values()].find(({ id }) => id === row.agent) ?? null) : null;
  const run: CallerRun = {
    ...{ id: row.id, channel: row.channel as CallerId, campaign, lead: row.lead, line: campaign.spec.line as Phone },
    // An erased person has no number any more.
    phone: row.phone === null || row.phone < 0 ? null : phoneFromInteger(row.phone),
    ...{ arrivedAt: row.arrived_at, state: row.state, agent, bridgedAt: row.bridged_at, optedOutAt: row.opted_out_at },
    ...{ failedAgents: new Set(), missed: 0 },
  };
  if (agent !== null) {
    agent.caller = run;
    agent.wrapUpMs = campaign.spec.wrapUpS * 1000;
  }
  return run;
}

/** Compares a stored call with what is live: a talk goes on, who waits is seen to, who is gone has ended. */
export function adoptCaller(floor: Floor, run: CallerRun, { callers }: PbxSurvey): void {
  const agent = callers.get(run.channel);
  if (run.state === 'ended') return;
  if (agent === undefined) {
    endCaller(floor, run, floor.clock.now());
    return;
  }
  const isWithHis = agent !== null && agent === run.agent?.id;
  switch (run.state) {
    case 'arrived':
      offer(floor, run);
      return;
    case 'bridging':
      if (isWithHis) connected(floor, run);
      else loseCallersAgent(floor, run);
      return;
    case 'talking':
      if (!isWithHis) letGo(floor, run, null);
      return;
    case 'leaving':
      letGo(floor, run, null);
  }
}

/** Ends calls that so many audits in a row did not find. */
export function missCallers(floor: Floor, { callers }: PbxSurvey, misses: number): void {
  for (const run of [...floor.callers.values()]) {
    run.missed = callers.has(run.channel) ? 0 : run.missed + 1;
    if (run.missed >= misses) endCaller(floor, run, floor.clock.now());
  }
}
