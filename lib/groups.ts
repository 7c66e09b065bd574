import { readFileSync } from 'node:fs';
import { ObzvonError } from './errors.ts';

/** The number of a group of this machine, by its name in /etc/group; CONFIG_INVALID when it is not there. */
export function groupNumber(group: string | number): number {
  if (typeof group === 'number') return group;
  for (const line of readFileSync('/etc/group', 'utf8').split('\n')) {
    const [name, , number] = line.split(':');
    if (name === group) return Number(number);
  }
  throw new ObzvonError('CONFIG_INVALID', `there is no group ${group} in /etc/group`, {
    hint: 'make it with groupadd, or give its number: a directory’s groups are known by number alone',
  });
}
