import { optOutReaches } from '../opt-out.ts';
import { finding } from '../verdict.ts';
import type { Check, Question } from './question.ts';
import { when } from './when.ts';

const CODE = {
  global: 'OPT_OUT_GLOBAL',
  entity: 'OPT_OUT_ENTITY',
  purpose: 'OPT_OUT_PURPOSE',
} as const;

/** The person's own "do not call me"; wins over any consent. */
export const optOutChecks: readonly Check[] = (['global', 'entity', 'purpose'] as const).map((scope) => ({
  name: `no opt-out (${scope})`,
  codes: [CODE[scope]],
  find(asked: Question) {
    const found = asked.facts.optOuts.find(
      (optOut) => optOut.scope === scope && optOutReaches(optOut, asked.facts.campaign),
    );
    return found === undefined ? [] : [finding(CODE[scope], `opted out on ${when(found.at)}`)];
  },
  say({ facts }: Question) {
    const count = facts.optOuts.filter((optOut) => optOut.scope === scope).length;
    return count === 0 ? 'none on record' : `${count} on record`;
  },
}));
