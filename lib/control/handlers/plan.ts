import { columnsOf, NO_SEGMENT } from '../../core/segment.ts';
import { CODES, type Code } from '../../core/verdict.ts';
import { gateCampaign } from '../../dialer/campaign-run.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { barsOf } from '../../dialer/segments.ts';
import { LATER } from '../../store/base/summary.ts';
import type { CampaignPlan } from '../commands/campaigns.ts';
import type { CallContext, Handlers } from '../server.ts';
import { campaignNamed, type Daemon } from './daemon.ts';
import { columnWarnings, filtersOf } from './segments.ts';

/** The gate asked dry about a whole base. */
export function planHandlers(daemon: Daemon) {
  return {
    'campaign.plan': ({ name, at }, context) => plan(daemon, campaignNamed(daemon, name), at, context),
  } satisfies Handlers;
}

async function plan(
  { store, clock, engine }: Daemon,
  campaign: CampaignRun,
  at: number | undefined,
  { signal }: Pick<CallContext, 'signal'>,
): Promise<CampaignPlan> {
  const { name, state, spec, segments, policy } = campaign;
  const now = at ?? clock.now();
  const bars = barsOf(campaign);
  // A start from these releases who was refused.
  const releases = state === 'draft' || state === 'stopped';
  const columns = filtersOf(spec).some(([, filter]) => columnsOf(filter).length > 0);
  const { summary, columns: known } = await store.inquire(
    {
      campaign: { ...gateCampaign(engine.floor, campaign), state: 'running' },
      policy,
      now,
      // Only who may be called at this moment is called.
      until: now + 1,
      whom: { kind: 'start', releases, bars },
      columns,
    },
    signal,
  );
  const { leads, ready, codes, open } = summary;
  const counted = (code: string): number => codes.find((one) => one.code === code)?.leads ?? 0;
  return {
    name,
    state,
    at: now,
    leads,
    callable: ready,
    waiting: counted(LATER),
    live: counted('dialing'),
    notCalled: counted('barred'),
    final: counted('final'),
    refused: codes.flatMap(({ code, leads }) =>
      isOfGate(code) ? [{ code, verdict: CODES[code].severity, leads }] : [],
    ),
    due: summary.hours,
    segments: [
      ...segments.map(({ id, name }) => ({ id, name })),
      ...(segments.length > 0 || spec.where !== undefined ? [{ id: NO_SEGMENT, name: null }] : []),
    ].map(({ id, name }) => ({ name, leads: open.get(id) ?? 0, called: bars[id] === undefined })),
    warnings: leads === 0 ? [] : columnWarnings(spec, known, 'no lead'),
  };
}

function isOfGate(code: string): code is Code {
  return Object.hasOwn(CODES, code);
}
