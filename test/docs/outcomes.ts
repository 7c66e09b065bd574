import { readFileSync } from 'node:fs';
import { parseCampaign } from '../../lib/campaign-file.ts';
import { DISPOSITIONS, dispositionOf, type Disposition, type Ending } from '../../lib/core/outcome.ts';
import { afterAttempt, type RetryRules } from '../../lib/core/retry.ts';
import { code, table } from './markdown.ts';

/** When each disposition is given. */
const WHEN: Readonly<Record<Disposition, string>> = {
  talked: 'an agent was bridged',
  abandoned: 'answered, and no agent was bridged: none was free within the limit, or the person gave up first',
  'opted-out': 'the person pressed the opt-out digit in this call',
  busy: 'the callee is busy',
  'no-answer': 'it rang, and nobody answered',
  unallocated: 'no such number',
  declined: 'the callee or his phone refused the call',
  unwanted: 'the network or the callee marked the call as unwanted',
  unreachable: 'the network says the phone is off or away',
  'invalid-number': 'the network cannot route this number',
  congestion: 'the network is overloaded',
  'trunk-failure': 'no sign of the network at all, or the PBX refused the originate',
  machine: 'an answering machine, by the agent’s mark',
  blocked: 'the network refused before the phone could ring',
  cancelled: 'we hung up before the answer',
  'not-placed': 'the PBX never took the originate',
  unknown: 'nobody can know what became of the call',
};

const NEXT: Readonly<Record<ReturnType<typeof afterAttempt>['event'], string>> = {
  resolved: 'is `done`',
  retry: 'is `waiting`',
  exhausted: 'is `spent`',
  voided: 'is `callable` again',
  'opted-out': 'is `opted-out`',
};

/** The tables of docs/dispositions.md, asked of the code that decides. */
export const OUTCOME_TABLES: Readonly<Record<string, () => string>> = {
  dispositions() {
    const rules = defaultRules();
    const uncounted = uncountedInHistory();
    return table(
      [
        'Disposition',
        'Given when',
        'Charged to the lead',
        'Counts as a call to the number',
        'By default the lead then',
      ],
      DISPOSITIONS.map((disposition) => {
        const { event, nextAt, charged } = afterAttempt(disposition, rules, 0, 99, 0);
        const after = nextAt === null ? '' : `, due after ${nextAt / 60_000} min`;
        const counts = uncounted.has(disposition) ? 'no' : 'yes';
        return [code(disposition), WHEN[disposition], charged ? 'yes' : 'no', counts, NEXT[event] + after];
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
  return dispositionOf({
    cause: null,
    sipCode: null,
    rang: false,
    answered: false,
    bridged: false,
    byFarSide: true,
    cancelled: false,
    optedOut: false,
    mark: null,
    ...known,
  });
}

function defaultRules(): RetryRules {
  const checked = parseCampaign(
    '{name: c, purpose: survey, entity: {inn: "7701234567", name: E}, line: "+74950000001", trunk: t}',
    'c.yaml',
  );
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('; '));
  return checked.value.retry;
}

/** The gate's history leaves these out; the one place that says which is its query. */
function uncountedInHistory(): ReadonlySet<string> {
  const source = readFileSync(new URL('../../lib/store/facts.ts', import.meta.url), 'utf8');
  const names = [...source.matchAll(/disposition IS NOT '([a-z-]+)'/g)].map(([, name = '']) => name);
  if (names.length === 0)
    throw new Error('lib/store/facts.ts no longer says which dispositions its history leaves out');
  return new Set(names);
}
