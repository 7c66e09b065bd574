import { prefixFault } from '../guard/prefixes.ts';
import { classOf, numberFault } from '../number-class.ts';
import { finding } from '../verdict.ts';
import type { Check, Question } from './question.ts';

/** The register of ranges lists geographic and mobile numbers; for the rest its silence says nothing. */
function hasRange({ facts: { lead } }: Question): boolean {
  if (!lead.number.ok) return false;
  const { kind } = classOf(lead.number.phone);
  return kind === 'geographic' || kind === 'mobile';
}

/** Shape and class of the number. What is no number never gets past an import; `explain` asks about it all the same. */
export const numberChecks: readonly Check[] = [
  {
    name: 'number may be dialed at all',
    codes: [
      'NUMBER_MALFORMED',
      'NUMBER_AMBIGUOUS',
      'NUMBER_EMERGENCY',
      'NUMBER_SHORT',
      'NUMBER_SERVICE_CODE',
      'NUMBER_PREMIUM',
      'NUMBER_UNASSIGNED',
      'NUMBER_NOT_ALLOWED',
      'NUMBER_FOREIGN_JURISDICTION',
      'NUMBER_HAS_EXTENSION',
    ],
    find({ facts, policy }) {
      const { number } = facts.lead;
      if (!number.ok) return [finding(number.code, number.reason)];
      const fault = numberFault(number.phone, policy.jurisdictions);
      if (fault !== null) return [finding(fault.code, fault.detail)];
      const barred = prefixFault(number.phone, facts.dial);
      return barred === null ? [] : [finding('NUMBER_NOT_ALLOWED', barred)];
    },
    say({ facts }) {
      const { number } = facts.lead;
      if (!number.ok) return number.reason;
      const { kind, jurisdiction } = classOf(number.phone);
      return `${kind} number of ${jurisdiction}`;
    },
  },
  {
    name: 'number lies in an allocated range',
    codes: ['NUMBER_UNALLOCATED'],
    find: (asked) =>
      asked.facts.range === 'unallocated' && hasRange(asked)
        ? [finding('NUMBER_UNALLOCATED', 'the register of ranges in force has no operator for it')]
        : [],
    say(asked) {
      const { range } = asked.facts;
      if (!hasRange(asked)) return 'not asked for this kind of number';
      if (range === null) return 'no register of ranges is in force';
      if (range === 'unallocated') return 'in none';
      const places = range.regions.length === 0 ? 'the whole country' : range.regions.join(', ');
      return `${range.operator.name}, ${places} (a ported number keeps its first range)`;
    },
  },
];
