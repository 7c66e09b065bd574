import { usedUp } from '../guard/ceilings.ts';
import { campaignFinding } from '../verdict.ts';
import type { Check } from './question.ts';

const CODE = { attempts: 'CEILING_ATTEMPTS', spend: 'CEILING_SPEND' } as const;

/** What the trunk and the campaign may use in a day. */
export const ceilingChecks: readonly Check[] = [
  {
    name: 'daily ceilings leave room',
    codes: ['CEILING_ATTEMPTS', 'CEILING_SPEND'],
    find({ facts }) {
      const full = facts.ceilings.flatMap(usedUp);
      return (['attempts', 'spend'] as const).flatMap((what) => {
        const of = full.filter((one) => one.what === what);
        if (of.length === 0) return [];
        const until = Math.max(...of.map((one) => one.until));
        return [campaignFinding(CODE[what], of.map(({ detail }) => detail).join('; '), until)];
      });
    },
    say: ({ facts }) =>
      facts.ceilings.length === 0
        ? 'none is set'
        : facts.ceilings
            .map(
              ({ ceiling, attempts, minutes }) => `${ceiling.of} ${ceiling.name}: ${attempts} attempts, ${minutes} min`,
            )
            .join('; '),
  },
];
