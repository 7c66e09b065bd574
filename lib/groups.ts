import { readFileSync } from 'node:fs';
import { ObzvonError } from './errors.ts';

/** The number of a group, by its name in /etc/group or as it is; CONFIG_INVALID when it is not there. */
export function groupNumber(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  for (const line of readFileSync('/etc/group', 'utf8').split('\n')) {
    const [name, , number] = line.split(':');
    if (name === group) return Number(number);
  }
  throw new ObzvonError('CONFIG_INVALID', `there is no group ${group} in /etc/group`, {
    hint: 'make it with groupadd, or give its number: groups of a directory service are known here by number alone',
  });
}
