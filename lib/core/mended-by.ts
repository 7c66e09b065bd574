import { CONSENT_CODES, type Code } from './verdict.ts';

/** Registers of facts; a new row in one may mend what stopped a call. */
export const REGISTERS = [
  'consent',
  'opt-out',
  'line',
  'refusal',
  'dnc',
  'debtor',
  'demand',
  'reassignment',
  'ranges',
  'policy',
] as const;
export type Register = (typeof REGISTERS)[number];

/**
 * The codes each register can mend: a row there puts leads that wait on such a code back before the gate, which asks
 * everything anew. Codes that time mends, that the campaign's file or state mends, and the shape of the number itself are
 * in none.
 */
const MENDED_BY: Readonly<Record<Register, readonly Code[]>> = {
  consent: ['PD_BASIS_MISSING', ...CONSENT_CODES, 'DEBT_THIRD_PARTY_NO_CONSENT'],
  'opt-out': ['OPT_OUT_GLOBAL', 'OPT_OUT_ENTITY', 'OPT_OUT_PURPOSE'],
  line: [
    'MAV_CALLER_UNREGISTERED',
    'MAV_CALLER_NOT_YET_VALID',
    'MAV_CALLER_EXPIRED',
    'MAV_CALLER_SUSPENDED',
    'MAV_ENTITY_MISMATCH',
    'MAV_PURPOSE_MISMATCH',
    'MAV_OPERATOR_NOT_COVERED',
    'MAV_OPERATOR_UNKNOWN',
    'MAV_LABEL_INVALID',
    'MAV_STATE_STALE',
  ],
  refusal: ['MAV_SUBSCRIBER_REFUSED', 'MAV_REFUSAL_SUSPECTED'],
  dnc: ['DNC_EXTERNAL', 'DNC_LIST_STALE'],
  debtor: ['DEBT_REFUSED_CONTACT', 'DEBT_REPRESENTATIVE_ONLY', 'DEBT_PROTECTED_PERSON', 'DEBT_THIRD_PARTY_NO_CONSENT'],
  demand: ['PD_ERASED'],
  reassignment: ['CONSENT_SUBSCRIBER_CHANGED'],
  ranges: ['NUMBER_UNALLOCATED', 'MAV_OPERATOR_NOT_COVERED', 'MAV_OPERATOR_UNKNOWN', 'MAV_CALLER_SUSPENDED'],
  policy: [
    'GATE_POLICY_INVALID',
    'GATE_POLICY_EXPIRED',
    'NUMBER_FOREIGN_JURISDICTION',
    'NUMBER_NOT_ALLOWED',
    'DNC_EXTERNAL',
    'DNC_LIST_STALE',
    'PD_BASIS_MISSING',
    'MODE_FORBIDDEN_FOR_PURPOSE',
    'CONSENT_MISSING',
    'CONSENT_EXPIRED',
    'CONSENT_UNVERIFIED',
    'CONSENT_EVIDENCE_MISSING',
    'MAV_LABEL_INVALID',
    'MAV_STATE_STALE',
    'CALENDAR_MISSING',
  ],
};

/** The codes a new row of this register, or a new state of it, may mend. */
export function codesMendedBy(register: Register): readonly Code[] {
  return MENDED_BY[register];
}
