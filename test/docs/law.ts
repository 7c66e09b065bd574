import { DAY_KINDS } from '../../lib/core/calendar.ts';
import { DIAL_MODES, PURPOSES } from '../../lib/core/campaign.ts';
import { CHECKS } from '../../lib/core/gate.ts';
import { isCampaignWide } from '../../lib/core/campaign-wide.ts';
import { CODE_LIST, CODES, type Code } from '../../lib/core/verdict.ts';
import { ruDefault } from '../helpers/policy.ts';
import { code, table } from './markdown.ts';

const LIVE: ReadonlySet<Code> = new Set(CHECKS.flatMap(({ codes }) => codes));

/** Asked for each call, but nothing can make them true today. */
const UNFED: Readonly<Partial<Record<Code, string>>> = {
  GATE_POLICY_INVALID: 'a pack in force has been checked and lacks nothing',
  CAMPAIGN_PURPOSE_UNSET: 'a campaign file without a purpose is refused',
  NUMBER_MALFORMED: 'the import puts such rows aside',
  NUMBER_EMERGENCY: 'the import puts such rows aside',
  NUMBER_SHORT: 'the import puts such rows aside',
  CONSENT_WITHDRAWN: 'no command records a withdrawal yet; record an opt-out',
  CALLER_ID_HIDDEN: 'a campaign file without a line is refused',
  MAV_OPERATOR_NOT_COVERED: 'the called operator is not looked up yet',
  MAV_SUBSCRIBER_REFUSED: 'no command records refusals yet',
  MAV_REFUSAL_SUSPECTED: 'no command records refusals yet',
};

/** Known to the import alone: such a row never becomes a lead. */
const AT_IMPORT: ReadonlySet<Code> = new Set<Code>(['NUMBER_AMBIGUOUS', 'NUMBER_HAS_EXTENSION']);

/** The tables of docs/compliance.md. */
export const LAW_TABLES: Readonly<Record<string, () => string>> = {
  checks: () =>
    table(
      ['Check', 'Codes'],
      CHECKS.map(({ name, codes }) => [name, codes.map(code).join(', ')]),
    ),
  codes: () =>
    table(
      ['Code', 'Verdict', 'Meaning', 'Rests on', 'Today'],
      CODE_LIST.map((name) => {
        const { severity, title, law } = CODES[name];
        return [code(name), severity, title, law, today(name)];
      }),
    ),
  matrix: () =>
    table(
      ['Purpose', ...DIAL_MODES],
      PURPOSES.map((purpose) => [
        code(purpose),
        ...DIAL_MODES.map((mode) => {
          const cell = ruDefault.matrix[purpose][mode];
          return cell === 'closed' ? 'closed' : cell.join(' + ') || 'nothing';
        }),
      ]),
    ),
  'hours and frequency': () =>
    table(
      ['Purpose', 'Workday', 'Day off', 'Holiday', 'Attempts in 24 h', 'Answered in 24 h / 7 d / 31 d'],
      PURPOSES.map((purpose) => {
        const { attemptsDay, answered } = ruDefault.freq[purpose];
        const hours = DAY_KINDS.map((kind) => ruDefault.hours[purpose][kind]?.join('–') ?? 'closed');
        const caps = [answered.day, answered.week, answered.month].map((cap) => cap ?? 'any').join(' / ');
        return [code(purpose), ...hours, String(attemptsDay ?? 'any'), caps];
      }),
    ),
};

function today(name: Code): string {
  if (AT_IMPORT.has(name)) return 'at the import';
  if (!LIVE.has(name)) return 'not yet';
  const unfed = UNFED[name];
  if (unfed !== undefined) return `asked; ${unfed}`;
  return isCampaignWide(name) ? 'asked; halts the campaign' : 'asked';
}
