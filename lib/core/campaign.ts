import type { Table } from './machine.ts';

/**
 * - `draft`: applied, never started; a person starts it.
 * - `running`: originates while the gate and the pacing allow; survives a crash, dialing goes on after reconcile.
 * - `paused`: a person's stop; live calls finish; a person resumes it.
 * - `halted`: the system's own stop, always with a reason; needs a person's resume.
 * - `draining`: no new originates, live calls finish, then `stopped` by itself.
 * - `stopped`: nothing live; may be started again.
 */
export type CampaignState = 'draft' | 'running' | 'paused' | 'halted' | 'draining' | 'stopped';

export type CampaignEvent = 'start' | 'pause' | 'resume' | 'halt' | 'stop' | 'exhausted' | 'drained';

export const campaignTable = {
  draft: { start: 'running' },
  running: { pause: 'paused', halt: 'halted', stop: 'draining', exhausted: 'draining' },
  paused: { resume: 'running', start: 'running', stop: 'draining', halt: 'halted' },
  halted: { resume: 'running', start: 'running', stop: 'draining' },
  draining: { drained: 'stopped', start: 'running' },
  stopped: { start: 'running' },
} as const satisfies Table<CampaignState, CampaignEvent>;

/** Why people are called: decides which modes and which consents the law asks for (38-ФЗ art. 18, 230-ФЗ). */
export const PURPOSES = [
  'advertising',
  'transactional',
  'informational',
  'collection',
  'survey',
  'callback',
  'emergency_public',
] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Who chooses and dials the number. `robot` is agentless voice. */
export const DIAL_MODES = ['manual', 'preview', 'progressive', 'predictive', 'robot'] as const;
export type DialMode = (typeof DIAL_MODES)[number];
