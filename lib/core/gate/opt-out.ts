import { OPT_OUT_CODE, optOutReaches } from '../opt-out.ts';
import { finding } from '../verdict.ts';
import type { Check, Question } from './question.ts';
import { when } from './when.ts';

/** The person's own "do not call me"; wins over any consent. */
export const optOutChecks: readonly Check[] = (['global', 'entity', 'purpose'] as const).map((scope) => ({
  name: `no opt-out (${scope})`,
  codes: [OPT_OUT_CODE[scope]],
  find({ facts: { optOuts, campaign } }: Question) {
    const found = optOuts.find((optOut) => optOut.scope === scope && optOutReaches(optOut, campaign));
    return found === undefined ? [] : [finding(OPT_OUT_CODE[scope], `opted out on ${when(found.at)}`)];
  },
  say({ facts }: Question) {
    const count = facts.optOuts.filter((optOut) => optOut.scope === scope).length;
    return count === 0 ? 'none on record' : `${count} on record`;
  },
}));
