import { REDIAL_CODES, type RedialCodeInfo } from '../../lib/core/redial.ts';
import { code, table } from './markdown.ts';

const ofGroups =
  (...groups: readonly RedialCodeInfo['group'][]) =>
  (): string =>
    table(
      ['Code', 'Meaning', 'What makes it so'],
      Object.entries(REDIAL_CODES)
        .filter(([, row]) => groups.includes(row.group))
        .map(([name, { title, doc }]) => [code(name), title, doc]),
    );

export const REDIAL_TABLES: Readonly<Record<string, () => string>> = {
  'redial choices': ofGroups('choice', 'caps'),
  'redial deeds': ofGroups('deed'),
};
