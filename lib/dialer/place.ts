import { messageOf } from '../errors.ts';
import type { LeadRow } from '../store/leads.ts';
import type { PermittedAttempt } from '../store/permits.ts';
import { close, hangUp, moveAttempt } from './attempt-run.ts';
import type { AttemptRun, CampaignRun, Floor } from './floor.ts';
import { PbxError } from './pbx.ts';

/** Takes an allowed attempt into memory; `callback`: the one it keeps. */
export function adopt(
  floor: Floor,
  campaign: CampaignRun,
  lead: LeadRow,
  permitted: PermittedAttempt,
  callback: number | null = null,
): AttemptRun {
  const { permit } = permitted;
  const run: AttemptRun = {
    id: permit.attempt,
    campaign,
    lead: lead.id,
    callback,
    phone: permit.phone,
    plannedAt: permit.allowedAt,
    ringLimitMs: permit.ringTimeoutMs,
    state: 'planned',
    agent: null,
    rangAt: null,
    answeredAt: null,
    bridgedAt: null,
    optedOutAt: null,
    cancelledAt: null,
    originatedAt: null,
    mark: null,
    failedAgents: new Set(),
    missed: 0,
    timer: null,
  };
  floor.attempts.set(run.id, run);
  campaign.attempts.add(run);
  floor.log.info(
    { attempt: run.id, campaign: campaign.name, lead: lead.id, callback, phone: permit.phone, caller: permit.caller },
    'attempt planned',
  );
  return run;
}

/** Asks the PBX to place the call. */
export function originate(floor: Floor, run: AttemptRun, permitted: PermittedAttempt): void {
  floor.pbx.originate(permitted).then(
    () => {
      // Ringing or an answer may have come before the PBX's own "accepted".
      if (run.state === 'planned') moveAttempt(floor, run, 'originated', { originated_at: floor.clock.now() });
      // Called off meanwhile: the hang-up may have been there before the channel.
      else if (run.state === 'ending') hangUp(floor, run);
    },
    (error: unknown) => {
      floor.log.warn({ attempt: run.id, trunk: run.campaign.spec.trunk, reason: messageOf(error) }, 'originate failed');
      const unclear = error instanceof PbxError && error.kind !== 'refused';
      // Called off before the PBX had it: no hang-up will ever be heard.
      if (run.state === 'ending' && !unclear) close(floor, run, 'hung-up', 'cancelled', { witness: 'daemon' });
      if (run.state !== 'planned') return;
      if (unclear) moveAttempt(floor, run, 'originate-unclear');
      else
        close(floor, run, 'originate-refused', error instanceof PbxError ? 'trunk-failure' : 'not-placed', {
          witness: 'daemon',
        });
    },
  );
}
