import type { Pacer } from '../core/pacing/contract.ts';
import { createPacer } from '../core/pacing/pacer.ts';
import { checkPacingSettings, DEFAULT_PACING, type PacingSettings } from '../core/pacing/settings.ts';
import { PEERS } from './peers/all.ts';
import type { CampaignModel } from './scenario.ts';

/** What a supervisor sets, whatever the method. */
export type PacingWishes = Pick<PacingSettings, 'target' | 'limit' | 'maxRatio'> & {
  /** null: no limit. */
  readonly maxUnanswered: number | null;
};

/** Target 1 %, limit 3 %. */
export const DEFAULT_WISHES: PacingWishes = {
  target: DEFAULT_PACING.target,
  limit: DEFAULT_PACING.limit,
  maxRatio: DEFAULT_PACING.maxRatio,
  maxUnanswered: null,
};

/** A way to pace that can be compared: the production pacer's own methods, or a peer. */
export interface Method {
  /** As written on the command line. */
  readonly name: string;
  /** One sentence for people. */
  readonly about: string;
  readonly peer: boolean;
  readonly create: (campaign: CampaignModel, wishes: PacingWishes, warmStart?: unknown) => Pacer;
}

/** The settings a campaign's model and a supervisor's wishes lead to. */
export function settingsFor(
  campaign: CampaignModel,
  { maxUnanswered, ...wishes }: PacingWishes,
  method: Pick<PacingSettings, 'method' | 'ratio'>,
): PacingSettings {
  return {
    ...DEFAULT_PACING,
    ...wishes,
    ...method,
    maxUnanswered: maxUnanswered ?? Infinity,
    graceMs: campaign.graceS * 1000,
    ringTimeoutMs: campaign.ringTimeoutS * 1000,
    machineDetection: campaign.detection !== null,
  };
}

/** The method of this name: `predictive`, `progressive`, `ratio:2.5`, or a peer's; null when there is none. */
export function methodNamed(name: string): Method | null {
  if (name === 'predictive') {
    return own(name, 'calls ahead of agents within the abandonment target', { method: 'predictive', ratio: 1 });
  }
  if (name === 'progressive') return own(name, 'one call per free agent', { method: 'progressive', ratio: 1 });
  const ratio = /^ratio:(\d+(?:\.\d+)?)$/.exec(name)?.[1];
  if (ratio !== undefined) {
    const settings = { method: 'ratio', ratio: Number(ratio) } as const;
    if (checkPacingSettings({ ...DEFAULT_PACING, ...settings }).length > 0) return null;
    return own(name, `${ratio} calls per free agent, until the limit is passed`, settings);
  }
  const peer = PEERS.find((one) => one.name === name);
  return peer === undefined ? null : { name, about: peer.about, peer: true, create: () => peer.create() };
}

function own(name: string, about: string, method: Pick<PacingSettings, 'method' | 'ratio'>): Method {
  return {
    name,
    about,
    peer: false,
    create: (campaign, wishes, warmStart) => createPacer(settingsFor(campaign, wishes, method), warmStart),
  };
}

/** What may be named, for a hint. */
export function methodNames(): string[] {
  const own = ['predictive', 'progressive', 'ratio:N'];
  return [...own, ...PEERS.map(({ name }) => name).filter((name) => !own.includes(name))];
}
