import { COMMANDS } from '../../lib/control/commands.ts';
import { ROLES, rolesOf } from '../../lib/roles.ts';
import { code, table } from './markdown.ts';

/** Who may send which command, from the commands' own declarations. */
export const ROLE_TABLES: Readonly<Record<string, () => string>> = {
  'command roles': () =>
    table(
      ['Command', ...ROLES.map(code), 'Recorded', 'What for'],
      Object.entries(COMMANDS).map(([name, { may, changes, doc }]) => [
        code(name),
        ...ROLES.map((role) => (rolesOf(may).includes(role) ? 'yes' : '')),
        changes === 'nothing' ? '' : changes === 'at once' ? 'with its work' : 'at begin and end',
        doc,
      ]),
    ),
};
