import type { OptOutFact } from '../facts.ts';
import { OPT_OUT_CODE, optOutReaches } from '../opt-out.ts';
import { finding } from '../verdict.ts';
import type { Check } from './question.ts';
import { when } from './when.ts';

const ofScope = (scope: OptOutFact['scope']): Check => ({
  name: `no opt-out (${scope})`,
  codes: [OPT_OUT_CODE[scope]],
  find({ facts: { optOuts, campaign } }) {
    const found = optOuts.find((optOut) => optOut.scope === scope && optOutReaches(optOut, campaign));
    return found === undefined ? [] : [finding(OPT_OUT_CODE[scope], `opted out on ${when(found.at)}`)];
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
