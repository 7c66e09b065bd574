import { CODES, CONSENT_CODES, type Code, type Verdict } from '../verdict.ts';

/** Refusals of this number alone; with another number of his the same person may well be called. */
const OF_NUMBER: ReadonlySet<Code> = new Set<Code>([
  'DNC_EXTERNAL',
  'PD_BASIS_MISSING',
  ...CONSENT_CODES,
  'MAV_CALLER_SUSPENDED',
  'MAV_OPERATOR_NOT_COVERED',
  'MAV_OPERATOR_UNKNOWN',
  'MAV_SUBSCRIBER_REFUSED',
  'MAV_REFUSAL_SUSPECTED',
  'DEBT_THIRD_PARTY_NO_CONSENT',
]);

/** The code for which the lead's next number is tried instead of this one; null: nothing of the number stands against it. */
export function numberRefusal({ verdict, primary }: Pick<Verdict, 'verdict' | 'primary'>): Code | null {
  if (primary === null || (verdict !== 'DENY' && verdict !== 'HOLD')) return null;
  return CODES[primary].group === 'number' || OF_NUMBER.has(primary) ? primary : null;
}
