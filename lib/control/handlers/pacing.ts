import { pacingSettings } from '../../campaign-file.ts';
import type { PacingDecision, PacingLimit } from '../../core/pacing/contract.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { savePacing } from '../../dialer/pacing.ts';
import type { PacingDecisionRow } from '../../store/pacing.ts';
import type { Abandonment, PacingDetails, PacingNow } from '../commands/pacing.ts';
import type { Handlers } from '../server.ts';
import { campaignNamed, type Daemon } from './daemon.ts';

const HOUR_MS = 3_600_000;

/** How campaigns are paced, and their recordings. */
export function pacingHandlers(daemon: Daemon) {
  const { store, engine } = daemon;
  return {
    'pacing.show': ({ name, limit }) => details(daemon, campaignNamed(daemon, name), limit),
    'pacing.sessions': ({ name }) => {
      const campaign = campaignNamed(daemon, name);
      // What was heard up to now belongs to it.
      savePacing(engine.floor);
      return { name, sessions: store.pacing.sessions(campaign.id) };
    },
    'pacing.part': ({ name, session, part }) => ({
      lines: store.pacing.logPart(campaignNamed(daemon, name).id, session, part) ?? null,
    }),
  } satisfies Handlers;
}

/** The decision in force; null when the campaign does not run. */
export function pacingNow({ state, pacing }: CampaignRun): PacingNow | null {
  return state !== 'running' || pacing === null || pacing.last === null ? null : told(pacing.last);
}

function told({ at, originate, why }: PacingDecision): PacingNow {
  return { at, originate, boundBy: why.limit, why: why.sentence, numbers: why.numbers };
}

/** A decision as it was journalled. */
export function journalled(row: PacingDecisionRow): PacingNow {
  return {
    at: row.at,
    originate: row.originate,
    boundBy: row.bound_by as PacingLimit,
    why: row.sentence,
    numbers: JSON.parse(row.numbers) as Record<string, number>,
  };
}

function details({ store, clock }: Daemon, campaign: CampaignRun, limit: number): PacingDetails {
  const { method, target, limit: most, graceMs } = pacingSettings(campaign.spec);
  const now = clock.now();
  return {
    name: campaign.name,
    state: campaign.state,
    method,
    target,
    limit: most,
    now: pacingNow(campaign),
    abandonment: [24, 720].map((hours): Abandonment => {
      const rows = store.pacing.answered(campaign.id, (Math.floor(now / HOUR_MS) - hours + 1) * HOUR_MS, graceMs);
      const answers = rows.reduce((sum, row) => sum + row.answers, 0);
      const abandoned = rows.reduce((sum, row) => sum + row.abandoned, 0);
      return { hours, answers, abandoned, rate: answers === 0 ? null : abandoned / answers };
    }),
    decisions: store.pacing.decisions(campaign.id, limit).map(journalled),
  };
}
