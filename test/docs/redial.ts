import { REDIAL_CODES } from '../../lib/core/redial.ts';
import { code, table } from './markdown.ts';

const ofGroup = (group: 'choice' | 'deed') => (): string =>
  table(
    ['Code', 'Meaning', 'What makes it so'],
    Object.entries(REDIAL_CODES)
      .filter(([, row]) => row.group === group)
      .map(([name, { title, doc }]) => [code(name), title, doc]),
  );

export const REDIAL_TABLES: Readonly<Record<string, () => string>> = {
  'redial choices': ofGroup('choice'),
  'redial deeds': ofGroup('deed'),
};
