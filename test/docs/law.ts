import { DAY_KINDS } from '../../lib/core/calendar.ts';
import { DIAL_MODES, PURPOSES, type Purpose } from '../../lib/core/campaign.ts';
import { CHECKS } from '../../lib/core/gate.ts';
import type { Cell, Policy } from '../../lib/core/policy.ts';
import { CODE_LIST, CODES, type Code } from '../../lib/core/verdict.ts';
import { loadPolicy, shippedPolicies } from '../../lib/data/load.ts';
import { formatProblem } from '../../lib/problems.ts';
import { validateValue } from '../../lib/validate.ts';
import { REACHES } from '../core/reaches.ts';
import { ruDefault } from '../helpers/policy.ts';
import { code, table } from './markdown.ts';

/** Asked for each call, but hardly ever met. */
const RARE: Readonly<Partial<Record<Code, string>>> = {
  GATE_POLICY_INVALID: 'a pack in force has been checked and lacks nothing',
  CAMPAIGN_PURPOSE_UNSET: 'a campaign file without a purpose is refused',
  NUMBER_MALFORMED: 'imports put such rows aside',
  NUMBER_EMERGENCY: 'imports put such rows aside',
  NUMBER_SHORT: 'imports put such rows aside',
  CALLER_ID_HIDDEN: 'a campaign file without a line is refused',
};

/** Known to the import alone: such a row never becomes a lead. */
const AT_IMPORT: ReadonlySet<Code> = new Set<Code>(['NUMBER_AMBIGUOUS', 'NUMBER_HAS_EXTENSION']);

const PACKS = shippedPolicies().map((id) =>
  loadPolicy({ id }, (schema, value) => validateValue(schema, value).map(formatProblem)),
);

const hoursOf = (pack: Policy, purpose: Purpose): string =>
  DAY_KINDS.map((kind) => pack.hours[purpose][kind]?.join('–') ?? 'closed').join(' / ');
const cellOf = (cell: Cell): string => (cell === 'closed' ? 'closed' : cell.join(' + ') || 'nothing');

const PACK_ROWS: readonly (readonly [what: string, of: (pack: Policy) => string])[] = [
  ['for', ({ title }) => title],
  ['valid', ({ validFrom, validTo }) => `${validFrom} to ${validTo}`],
  ['numbers of', ({ jurisdictions }) => jurisdictions.join(', ')],
  ['advertising, work / off / holiday', (pack) => hoursOf(pack, 'advertising')],
  ['service calls', (pack) => hoursOf(pack, 'transactional')],
  ['collection', (pack) => hoursOf(pack, 'collection')],
  ['advertising needs, manual', ({ matrix }) => cellOf(matrix.advertising.manual)],
  ['advertising needs, predictive', ({ matrix }) => cellOf(matrix.advertising.predictive)],
  ['service calls need, predictive', ({ matrix }) => cellOf(matrix.transactional.predictive)],
  [
    'abandoned, at most',
    ({ abandon }) => `${abandon.max * 100} % in ${abandon.windowDays} days, from ${abandon.minAnswered} answers on`,
  ],
  ['predictive rests after an abandoned call', ({ dropCooldownH }) => `${dropCooldownH.predictive ?? 0} h`],
  ['external list', ({ dnc }) => (dnc === null ? 'none' : `${dnc.registry}, ${dnc.maxAgeDays} days old at most`)],
  ['МАВ registration', ({ mav }) => (mav === null ? 'none' : `checked each ${mav.maxStateAgeDays} days`)],
  ['advertising may rest on', ({ personalData }) => personalData?.advertising.join(', ') ?? 'not asked'],
];

/** The tables of docs/compliance.md. */
export const LAW_TABLES: Readonly<Record<string, () => string>> = {
  checks: () =>
    table(
      ['Check', 'Codes'],
      CHECKS.map(({ name, codes }) => [name, codes.map(code).join(', ')]),
    ),
  codes: () =>
    table(
      ['Code', 'Verdict', 'Meaning', 'Rests on', 'Stops'],
      CODE_LIST.map((name) => {
        const { severity, title, law } = CODES[name];
        return [code(name), severity, title, law, stops(name)];
      }),
    ),
  matrix: () =>
    table(
      ['Purpose', ...DIAL_MODES],
      PURPOSES.map((purpose) => [
        code(purpose),
        ...DIAL_MODES.map((mode) => {
          const cell = ruDefault.matrix[purpose][mode];
          return cellOf(cell);
        }),
      ]),
    ),
  packs: () =>
    table(
      ['', ...PACKS.map(({ id }) => code(id))],
      PACK_ROWS.map(([what, of]) => [what, ...PACKS.map(of)]),
    ),
  'unsure facts': () =>
    table(
      ['Pack', 'Field', 'Why'],
      PACKS.flatMap(({ id, unsure }) => unsure.map(({ field, why }) => [code(id), code(field), why])),
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

function stops(name: Code): string {
  if (AT_IMPORT.has(name)) return 'the row, at the import';
  const rare = RARE[name];
  return rare === undefined ? STOPS[whom(name)] : `${STOPS[whom(name)]}; ${rare}`;
}

function whom(name: Code): keyof typeof STOPS {
  const reaches = REACHES[name] ?? ['lead'];
  if (reaches.includes('uncovered')) return 'uncovered';
  if (!reaches.includes('campaign')) return 'lead';
  const often = reaches.includes('lead') ? 'either' : 'campaign';
  return CODES[name].severity === 'DEFER' ? `${often} rests` : `${often} halts`;
}

const STOPS = {
  lead: 'the lead',
  'campaign halts': 'the campaign, which halts',
  'campaign rests': 'the campaign, which rests',
  'either halts': 'the lead, or the campaign, which halts',
  'either rests': 'the lead, or the campaign, which rests',
  uncovered: 'calls no free agent waits for',
} as const;
