import type { OpenLeads } from '../../campaign-history.ts';
import type { CampaignState } from '../../core/campaign.ts';
import type { Disposition } from '../../core/outcome.ts';
import type { Told } from './shape.ts';

/** A range a forecast is sure of to eight parts in ten, and its middle. */
export interface Spread {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

/** Leads a plan leaves out, or a deed differs in, for one reason. */
export interface RedialReason {
  /** Of `REDIAL_CODES` or the gate's. */
  readonly code: string;
  readonly title: string;
  readonly leads: number;
  /** The first of them; of all reasons of a plan together a hundred at most. */
  readonly first: readonly { readonly lead: number; readonly phone: string }[];
}

/** Whom a pass over a base will call, whom not and why, and what is to be expected. Phones are masked. */
export interface RedialPlan {
  readonly campaign: string;
  /** Local date of the pass. */
  readonly for: string;
  /** The moment it was made for. */
  readonly at: number;
  readonly leads: number;
  /** Called as soon as agents and pacing allow. */
  readonly called: number;
  /** Called too, at a time of their own: a retry, or the gate's hours and intervals. */
  readonly waiting: number;
  /** By reason, the largest first. */
  readonly notCalled: readonly RedialReason[];
  /** When the first call may be placed; null: none. */
  readonly startsAt: number | null;
  /** The first to be called, in order. */
  readonly order: readonly { readonly lead: number; readonly phone: string; readonly at: number }[];
  /** When those come due that cannot be called at once, by hours (epoch ms of the hour's begin), after this date too. */
  readonly hours: readonly { readonly hour: number; readonly leads: number }[];
  /** null: there is nothing to foresee, or nobody foresaw it. */
  readonly forecast: RedialForecast | null;
  /** Against the pass before, lead by lead; null: it is the first, or its leads are forgotten. */
  readonly sinceLast: RedialChange | null;
}

/** A plan of a pass that has not begun, with what a simulation of it needs. */
export interface RedialForesight {
  readonly plan: RedialPlan;
  /** Who may be called only from then on is not called on this date. */
  readonly until: number;
  /** Whose date it is. */
  readonly zone: string;
  /** Those to be called, in groups alike, from `at` on. */
  readonly open: readonly OpenLeads[];
}

/** What the simulator makes of a plan, for the agents and the shift named. */
export interface RedialForecast {
  readonly attempts: Spread;
  readonly answers: Spread;
  readonly agentHours: Spread;
  /** When the last call is over, or the shift, epoch ms. */
  readonly endsAt: Spread;
  /** null: the campaign names no price. */
  readonly money: (Spread & { readonly currency: string }) | null;
  readonly runs: number;
  readonly agents: number;
  readonly shift: { readonly from: string; readonly hours: number; readonly zone: string };
  /** What of it was measured, from how many calls; of none: a guess. */
  readonly origins: readonly { readonly what: string; readonly calls: number; readonly figure: string }[];
}

/** One plan against the one before. */
export interface RedialChange {
  readonly for: string;
  /** Called now and not then; called then and not now; imported since. */
  readonly joined: number;
  readonly left: number;
  readonly added: number;
  /** Leads not called by code, then and now; codes that did not change are left out. */
  readonly codes: readonly { readonly code: string; readonly then: number; readonly now: number }[];
}

/** What a run of a pass did: its plan, and how the campaign stands now. */
export interface RedialRun extends RedialPlan {
  /** The pass of this date was begun before: nothing was changed. */
  readonly already: boolean;
  readonly state: CampaignState;
}

/** A pass over a base in a line. */
export interface RedialPass {
  readonly for: string;
  readonly at: number;
  /** `preparing`: cut short, goes on at the next run of its date; `dropped`: its date went by, or a later pass came. */
  readonly state: 'preparing' | 'begun' | 'dropped';
  /** As planned; null: there is no plan yet. */
  readonly called: number | null;
  readonly waiting: number | null;
  readonly notCalled: number | null;
}

/** What calls of a pass came to. */
export interface PassFigures {
  /** Every attempt: those with an outcome and the live ones. */
  readonly attempts: number;
  readonly live: number;
  readonly byDisposition: Readonly<Partial<Record<Disposition, number>>>;
  readonly answered: number;
  readonly talks: number;
  /** Answered by a person, no agent in time. */
  readonly abandoned: number;
  readonly talkMs: number;
  /** Begun minutes from the answer on, as a carrier counts them. */
  readonly minutes: number;
}

/** Calls answered over a named window and those of them that found no agent in time. */
export interface NamedAbandonment {
  readonly window: 'pass' | '24 hours' | '30 days';
  readonly answers: number;
  readonly abandoned: number;
  /** null without answers. */
  readonly rate: number | null;
}

/** What a pass did, against its plan. */
export interface RedialReport {
  readonly campaign: string;
  readonly title: string;
  readonly for: string;
  /** When it began, and when the next one did; null: none yet, so it goes on. */
  readonly from: number;
  readonly until: number | null;
  /** As the campaign stands now. */
  readonly state: CampaignState;
  readonly plan: Pick<RedialPlan, 'leads' | 'called' | 'waiting' | 'forecast'> & { readonly notCalled: number };
  readonly figures: PassFigures;
  /** Leads, not attempts: `planned` = `calledAsPlanned` + those of `missed`; `called` = `calledAsPlanned` + `unplanned`. */
  readonly leads: {
    readonly planned: number;
    readonly called: number;
    readonly calledAsPlanned: number;
    readonly talked: number;
  };
  /** Whether the pass is remembered lead by lead: only then differences are told. */
  readonly remembered: boolean;
  /** Planned and not called, by why. */
  readonly missed: readonly RedialReason[];
  /** Called and not planned: what the plan said, and why it came otherwise. */
  readonly unplanned: readonly (RedialReason & { readonly planned: string | null })[];
  /** Talks by the agents' results, the most frequent first; talks without one are none of them. */
  readonly results: readonly {
    readonly code: string;
    readonly stage: string;
    readonly target: boolean;
    readonly talks: number;
  }[];
  /** null: the campaign names no price. */
  readonly money: { readonly cost: number; readonly currency: string } | null;
  /** Time logged in, from the begin of the pass to the end of its last call, and of it in talks of this campaign. */
  readonly agents: { readonly count: number; readonly loggedInMs: number; readonly talkMs: number };
  readonly abandonment: readonly NamedAbandonment[];
  /** The pass before; null: it is the first. */
  readonly before: (PassFigures & { readonly for: string }) | null;
}

/** Passes over a base: planned, begun, compared with their plan. */
export interface RedialCommands {
  'redial.run': {
    /** `for`: local date, today's when absent. */
    args: { readonly campaign: string; readonly for?: string };
    result: RedialRun;
  };
  'redial.plan': {
    /** `for`: today when absent. */
    args: { readonly campaign: string; readonly for?: string };
    result: RedialForesight;
  };
  'redial.report': {
    /** `for`: the last pass when absent. */
    args: { readonly campaign: string; readonly for?: string };
    result: RedialReport;
  };
  'redial.list': {
    args: { readonly campaign: string };
    result: { readonly campaign: string; readonly passes: readonly RedialPass[] };
  };
}

/** Each of `RedialCommands`. */
export const REDIAL_COMMANDS: Told<RedialCommands> = {
  'redial.run': {
    may: 'lead',
    changes: 'at length',
    doc: 'begin a new pass over the base, once a date: who is called again, and who not',
  },
  'redial.plan': {
    may: 'read',
    changes: 'nothing',
    doc: 'whom a pass would call and from when, whom not and why, and what is to be expected; nothing is written',
  },
  'redial.report': {
    may: 'read',
    changes: 'nothing',
    doc: 'what a pass did against its plan: calls, results, money, every difference and why',
  },
  'redial.list': { may: 'read', changes: 'nothing', doc: 'passes over the base' },
};
