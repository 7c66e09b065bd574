import { classOf, numberFault } from '../number-class.ts';
import { finding } from '../verdict.ts';
import type { Check } from './question.ts';

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
      'NUMBER_FOREIGN_JURISDICTION',
      'NUMBER_HAS_EXTENSION',
    ],
    find({ facts, policy }) {
      const { number } = facts.lead;
      if (!number.ok) return [finding(number.code, number.reason)];
      const fault = numberFault(number.phone, policy.jurisdictions);
      return fault === null ? [] : [finding(fault.code, fault.detail)];
    },
    say({ facts }) {
      const { number } = facts.lead;
      if (!number.ok) return number.reason;
      const { kind, jurisdiction } = classOf(number.phone);
      return `${kind} number of ${jurisdiction}`;
    },
  },
];
