/** What a schedule does; data, so that it can be stored, shown and compared. */
export type Action =
  /** A new pass over a base, for the slot's local date. */
  | { readonly do: 'redial'; readonly campaign: string }
  /** A campaign's window. */
  | { readonly do: CampaignTurn; readonly campaign: string }
  /** A register read again from its files. */
  | {
      readonly do: 'refresh';
      readonly register: RefreshedRegister;
      /** Absolute paths. */
      readonly files: readonly string[];
      /** Whose do-not-call list it is. */
      readonly registry?: string;
    }
  /** A campaign's report, or that of its last pass, written into a file. */
  | {
      readonly do: 'report' | 'redial-report';
      readonly campaign: string;
      /** Absolute; `{date}` in it becomes the slot's local date; JSON when it ends so. */
      readonly file: string;
    };

/** What may be asked of a campaign by the clock. */
export const CAMPAIGN_TURNS = ['start', 'stop', 'pause', 'resume'] as const;
export type CampaignTurn = (typeof CAMPAIGN_TURNS)[number];

/** Registers that come as files. */
export const REFRESHED_REGISTERS = [
  'consent',
  'optout',
  'line',
  'refusal',
  'debtor',
  'demand',
  'reassignment',
  'dnc',
  'ranges',
] as const;
export type RefreshedRegister = (typeof REFRESHED_REGISTERS)[number];

/** How a run of a slot ended. */
export type SlotOutcome = 'done' | 'failed' | 'missed';

/** When, where and what; `lateMin`: how long after its slot a run may still begin, 0: not late at all. */
export interface ScheduleSpec {
  readonly name: string;
  readonly cron: string;
  /** IANA. */
  readonly zone: string;
  readonly lateMin: number;
  readonly action: Action;
}

/** An action in a few words. */
export function actionText(action: Action): string {
  if (action.do === 'refresh') return `refresh ${action.registry ?? action.register}`;
  return `${action.do} ${action.campaign}`;
}
