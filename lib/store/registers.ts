import { debtorRegister } from '../core/register/debtor.ts';
import { demandRegister } from '../core/register/demand.ts';
import { reassignmentRegister } from '../core/register/reassignment.ts';
import { createConsents } from './consents.ts';
import { createDnc } from './dnc.ts';
import type { Db } from './open.ts';
import { createOptOuts } from './opt-outs.ts';
import { createRefusals } from './refusals.ts';
import { createRegisterTable } from './register-table.ts';
import { createRegistrations } from './registrations.ts';

export type Registers = ReturnType<typeof createRegisters>;

/** The registers the gate rests on: append-only, a correction is a new row. */
export function createRegisters(db: Db) {
  return {
    consents: createConsents(db),
    optOuts: createOptOuts(db),
    registrations: createRegistrations(db),
    refusals: createRefusals(db),
    debtorFlags: createRegisterTable(db, debtorRegister, { table: 'debtor_flags' }),
    demands: createRegisterTable(db, demandRegister, { table: 'demands' }),
    reassignments: createRegisterTable(db, reassignmentRegister, { table: 'reassignments' }),
    dnc: createDnc(db),
  };
}
