import { dirname, join } from 'node:path';

/** Who comes in by which socket, the most powerful first: `ops` may all, the others what their work is. */
export const ROLES = ['ops', 'lead', 'qa', 'read'] as const;
export type Role = (typeof ROLES)[number];

/** Who may send a command: `read` is everybody who may come in at all. */
export type Right = 'read' | 'lead' | 'qa' | 'lead or qa' | 'ops';

const MAY: Readonly<Record<Right, readonly Role[]>> = {
  read: ROLES,
  lead: ['ops', 'lead'],
  qa: ['ops', 'qa'],
  'lead or qa': ['ops', 'lead', 'qa'],
  ops: ['ops'],
};

/** The roles that have this right. */
export function rolesOf(right: Right): readonly Role[] {
  return MAY[right];
}

/** Where each role comes in; a role without a path has no socket. */
export type RoleSockets = Readonly<Partial<Record<Role, string>>>;

/** The socket of a role when nobody says otherwise: beside the main one. */
export function besideSocket(socket: string, role: Role): string {
  return role === 'ops' ? socket : join(dirname(socket), `${role}.sock`);
}
