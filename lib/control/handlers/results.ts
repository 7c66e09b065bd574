import { campaignResults, campaignStages } from '../../campaign-results.ts';
import { phoneFromInteger } from '../../core/phone.ts';
import type { AgentRun, CampaignRun } from '../../dialer/floor.ts';
import type { AgentId } from '../../dialer/pbx.ts';
import { resultNamed } from '../../dialer/result-moves.ts';
import { giveResult, talkOf } from '../../dialer/results.ts';
import { ObzvonError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { TalkRow } from '../../store/inbound.ts';
import type { CallResultRow } from '../../store/results.ts';
import type { Commands } from '../commands.ts';
import type { CallResult, RecordedResult, ResultFigures } from '../commands/results.ts';
import type { Handlers } from '../server.ts';
import { campaignNamed, type Daemon } from './daemon.ts';

/** What agents say of their talks. */
export function resultHandlers(daemon: Daemon) {
  const { floor } = daemon.engine;
  const { store } = daemon;

  function agentNamed(id: string): AgentRun {
    const agent = floor.agents.get(id as AgentId);
    if (agent === undefined) throw new ObzvonError('NOT_FOUND', `there is no agent “${id}” in the config`);
    return agent;
  }

  const talkRow = (id: string): TalkRow | undefined => store.attempts.byId(id) ?? store.inbound.talk(id);

  return {
    'agent.result': ({ id, ...given }) => {
      const agent = agentNamed(id);
      const talk = talkOf(agent);
      if (talk === null) {
        throw new ObzvonError('MOVE_REFUSED', `agent ${id} is ${agent.state}: has no talk to give the result of`, {
          hint: 'give it to the call itself: obzvon call result ID CODE; obzvon call list shows the ids',
        });
      }
      const row = talkRow(talk.id);
      if (row === undefined) throw new Error(`call ${talk.id} is live and has no row`);
      return record(daemon, row, given);
    },
    'call.result': ({ id, ...given }) => {
      const row = talkRow(id);
      if (row === undefined) throw new ObzvonError('NOT_FOUND', `there is no call “${id}”`);
      if (row.bridged_at === null) {
        throw new ObzvonError('MOVE_REFUSED', `call ${id} was no talk: it has an outcome, and no result`);
      }
      return record(daemon, row, given);
    },
    'result.tree': ({ name }) => {
      const { spec } = campaignNamed(daemon, name);
      return { name, stages: campaignStages(spec), results: campaignResults(spec) };
    },
  } satisfies Handlers;
}

/** Returns after the commit; nothing is confirmed before. */
function record(
  daemon: Daemon,
  row: TalkRow,
  { code, note, at, source = 'socket' }: Omit<Commands['call.result']['args'], 'id'>,
): RecordedResult {
  const { floor } = daemon.engine;
  const campaign = [...floor.campaigns.values()].find(({ id }) => id === row.campaign);
  if (campaign === undefined) throw new Error(`call ${row.id} belongs to no campaign`);
  const result = resultNamed(campaign, code);
  if (result === undefined) {
    const near = nearest(
      code,
      campaignResults(campaign.spec).map((one) => one.code),
    );
    throw new ObzvonError('NOT_FOUND', `campaign ${campaign.name} has no result “${code}”`, {
      hint: near === null ? `see obzvon result list ${campaign.name}` : `did you mean ${near}?`,
    });
  }
  if (row.phone < 0) throw new ObzvonError('MOVE_REFUSED', `the person of call ${row.id} was erased`);
  const talk = {
    id: row.id,
    campaign,
    lead: row.lead,
    phone: phoneFromInteger(row.phone),
    plannedAt: row.planned_at,
  };
  giveResult(floor, talk, row.agent, result, { source, note: note ?? null, at: at ?? null });
  const open = daemon.store.callbacks.openOf(row.lead);
  const lead = daemon.store.leads.byId(row.lead);
  if (lead === undefined) throw new Error(`call ${row.id} lost its lead`);
  const { stage, target, then } = result;
  const callback = then === 'callback' && open?.source === row.id ? open.dueAt : null;
  return { attempt: row.id, agent: row.agent, code, stage, target, then, callbackAt: callback, lead: lead.state };
}

/** A row as it is shown. */
export function toResult({ at, code, stage, target, agent, source, note }: CallResultRow): CallResult {
  return { at, code, stage, target: target === 1, agent, source, note };
}

/** Results of a campaign's talks, and how far they came. */
export function resultFigures({ store }: Daemon, { id, spec }: CampaignRun, talks: number): ResultFigures {
  const counts = store.results.counts(id);
  const stages = campaignStages(spec);
  const titles = new Map(campaignResults(spec).map(({ code, titles }) => [code, titles.join(': ')]));
  const sum = (rows: typeof counts): number => rows.reduce((total, row) => total + row.talks, 0);
  const targets = sum(counts.filter(({ target }) => target === 1));
  const leadsTried = store.reports.leadsTried(id);
  const targetLeads = store.results.targetLeads(id);
  return {
    talks,
    given: sum(counts),
    byCode: counts.map(({ code, stage, target, talks }) => ({
      code,
      title: titles.get(code) ?? null,
      stage,
      target: target === 1,
      talks,
    })),
    reached: stages.map((stage, i) => ({ stage, talks: sum(counts.filter((row) => stages.indexOf(row.stage) >= i)) })),
    targets,
    perTalk: talks === 0 ? null : targets / talks,
    leadsTried,
    targetLeads,
    perLead: leadsTried === 0 ? null : targetLeads / leadsTried,
  };
}
