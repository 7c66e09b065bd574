import { parseCampaign } from '../../lib/campaign-file.ts';
import { CHARGED, type Charge } from '../../lib/core/charges.ts';
import { DISPOSITIONS, dispositionOf, type Disposition, type Ending } from '../../lib/core/outcome.ts';
import { afterAttempt, type RetryRules } from '../../lib/core/retry.ts';
import { code, table } from './markdown.ts';
import { FAR } from '../helpers/ending.ts';

/** When each disposition is given. */
const WHEN: Readonly<Record<Disposition, string>> = {
  talked: 'an agent was bridged',
  abandoned: 'answered, and no agent was bridged: none was free within the limit, or the person gave up first',
  'opted-out': 'the person pressed the opt-out digit in this call',
  busy: 'the callee is busy',
  'no-answer': 'it rang, and nobody answered',
  unallocated: 'no such number',
  declined: 'the callee or his phone refused the call, after ringing or late',
  unwanted: 'the callee, or his network for him, marked the call as unwanted (607)',
  unreachable: 'the network says the phone is off or away',
  'invalid-number': 'the network cannot route this number',
  congestion: 'the network is overloaded',
  'trunk-failure': 'no sign of the network at all, our own trunk refused us, or the PBX refused the originate',
  machine: 'an answering machine, by the agent’s mark',
  blocked: 'the network refused before the phone could ring, or says that it did (608)',
  cancelled: 'we hung up before the answer',
  'not-placed': 'the PBX never took the originate',
  unknown: 'nobody can know what became of the call',
};

const NEXT: Readonly<Record<ReturnType<typeof afterAttempt>['event'], string>> = {
  resolved: 'is `done`',
  retry: 'is `waiting`',
  exhausted: 'is `spent`',
  voided: 'is `callable` again',
  promised: 'is `promised`',
  'opted-out': 'is `opted-out`',
};

/** What a charge is called in the docs. */
const CHARGED_AS: Readonly<Record<Charge, string>> = {
  lead: 'lead',
  frequency: 'frequency',
  answered: 'answers',
  abandonment: 'abandonment',
  trunk: 'trunk',
};

function follows(disposition: Disposition, rules: RetryRules): string {
  const lead = {
    id: 1,
    place: 1,
    attempts: 0,
    tried: 0,
    fired: {},
    numbers: [{ place: 1, attempts: 0, closed: null }],
  };
  const limits = { rules, perLead: 99, perNumber: null };
  const { event, nextAt } = afterAttempt({ disposition, placedAt: 0, now: 0 }, lead, limits, () => null);
  const rule = rules[disposition];
  const { otherHours, times, agent } = typeof rule === 'object' ? rule : {};
  return [
    NEXT[event],
    ...(nextAt === null ? [] : [`due after ${nextAt / 60_000} min`]),
    ...(otherHours === true ? ['in another part of the week'] : []),
    ...(agent === 'reserved' ? ['with an agent reserved'] : []),
    ...(times === 1 ? ['once'] : []),
  ].join(', ');
}

/** The tables of docs/dispositions.md, asked of the code that decides. */
export const OUTCOME_TABLES: Readonly<Record<string, () => string>> = {
  dispositions() {
    const rules = defaultRules();
    return table(
      ['Disposition', 'Given when', 'Charged to', 'By default a lead with one number then'],
      DISPOSITIONS.map((disposition) => {
        const charges = CHARGED[disposition].map((charge) => CHARGED_AS[charge]).join(', ');
        return [code(disposition), WHEN[disposition], charges || 'nothing', follows(disposition, rules)];
      }),
    );
  },
  'sip codes': () => table(['SIP code', 'Disposition'], decided(300, 699, 'sipCode')),
  causes: () =>
    table(
      ['Q.850 cause', 'Disposition'],
      [
        ...decided(1, 127, 'cause'),
        [
          'any other, or none',
          `${code(ended({ rang: true }))} when it rang, ${code(ended({ rang: false }))} when it did not`,
        ],
      ],
    ),
};

/** The numbers that decide by themselves, whether or not it rang, by what they decide. */
function decided(from: number, to: number, field: 'sipCode' | 'cause'): string[][] {
  const numbers = new Map<Disposition, number[]>();
  for (let n = from; n <= to; n += 1) {
    const disposition = ended({ [field]: n, rang: true });
    if (disposition !== ended({ [field]: n, rang: false })) continue;
    numbers.set(disposition, [...(numbers.get(disposition) ?? []), n]);
  }
  return [...numbers].map(([disposition, all]) => [all.join(', '), code(disposition)]);
}

/** The disposition of a call the far side ended before any answer. */
function ended(known: Partial<Ending>): Disposition {
  return dispositionOf({ ...FAR, ...known });
}

function defaultRules(): RetryRules {
  const checked = parseCampaign(
    '{name: c, purpose: survey, entity: {inn: "7701234567", name: E}, line: "+74950000001", trunk: t}',
    'c.yaml',
  );
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('; '));
  return checked.value.retry;
}
