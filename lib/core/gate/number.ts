import { classOf, numberFault } from '../number-class.ts';
import { finding } from '../verdict.ts';
import type { Check } from './question.ts';

/** Shape and class of the number. Ambiguous numbers and extensions never get past the import. */
export const numberChecks: readonly Check[] = [
  {
    name: 'number may be dialed at all',
    codes: [
      'NUMBER_MALFORMED',
      'NUMBER_EMERGENCY',
      'NUMBER_SHORT',
      'NUMBER_SERVICE_CODE',
      'NUMBER_PREMIUM',
      'NUMBER_UNASSIGNED',
      'NUMBER_FOREIGN_JURISDICTION',
    ],
    find({ facts, policy }) {
      const fault = numberFault(facts.lead.phone, policy.jurisdictions);
      return fault === null ? [] : [finding(fault.code, fault.detail)];
    },
    say({ facts }) {
      const { kind, jurisdiction } = classOf(facts.lead.phone);
      return `${kind} number of ${jurisdiction}`;
    },
  },
];
