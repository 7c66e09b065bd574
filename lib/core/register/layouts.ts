import { consentRegister } from './consent.ts';
import { debtorRegister } from './debtor.ts';
import { demandRegister } from './demand.ts';
import type { Layout } from './field.ts';
import { leadRegister } from './lead.ts';
import { lineRegister } from './line.ts';
import { optoutRegister } from './optout.ts';
import { reassignmentRegister } from './reassignment.ts';
import { refusalRegister } from './refusal.ts';

/** What rows can be imported into, and the columns of each. */
export const LAYOUTS = {
  lead: leadRegister,
  consent: consentRegister,
  optout: optoutRegister,
  line: lineRegister,
  refusal: refusalRegister,
  debtor: debtorRegister,
  demand: demandRegister,
  reassignment: reassignmentRegister,
} as const satisfies Readonly<Record<string, Layout>>;
