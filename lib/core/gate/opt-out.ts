import type { OptOutFact } from '../facts.ts';
import { finding } from '../verdict.ts';
import type { Check, Question } from './question.ts';
import { when } from './when.ts';

const CODE = {
  global: 'OPT_OUT_GLOBAL',
  entity: 'OPT_OUT_ENTITY',
  purpose: 'OPT_OUT_PURPOSE',
} as const;

/** What is not said counts as "any": an opt-out is never read narrowly. */
function reaches(optOut: OptOutFact, { facts: { campaign } }: Question): boolean {
  const entity = optOut.entity === null || optOut.entity === campaign.entity;
  const purpose = optOut.purpose === null || campaign.purpose === null || optOut.purpose === campaign.purpose;
  switch (optOut.scope) {
    case 'global':
      return true;
    case 'entity':
      return entity;
    case 'purpose':
      return entity && purpose;
  }
}

const ofScope = (scope: OptOutFact['scope']): Check => ({
  name: `no opt-out (${scope})`,
  codes: [CODE[scope]],
  find(asked) {
    const found = asked.facts.optOuts.find((optOut) => optOut.scope === scope && reaches(optOut, asked));
    return found === undefined ? [] : [finding(CODE[scope], `opted out on ${when(found.at)}`)];
  },
  say({ facts }) {
    const count = facts.optOuts.filter((optOut) => optOut.scope === scope).length;
    return count === 0 ? 'none on record' : `${count} on record`;
  },
});

/** The person's own "do not call me"; wins over any consent. */
export const optOutChecks: readonly Check[] = [
  ofScope('global'),
  ofScope('entity'),
  ofScope('purpose'),
  {
    name: 'person was not erased',
    codes: ['OPT_OUT_ERASED'],
    find: ({ facts: { erasedAt } }) =>
      erasedAt === null ? [] : [finding('OPT_OUT_ERASED', `erased on ${when(erasedAt)}; a new import changes nothing`)],
    say: ({ facts: { erasedAt } }) => (erasedAt === null ? 'no such keyed hash' : `erased on ${when(erasedAt)}`),
  },
];
