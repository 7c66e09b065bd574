import t from 'tap';
import { optOutIn } from '../../lib/core/opt-out.ts';

await t.test('the opt-out digit counts wherever it was pressed, no other digit does', async (t) => {
  const table = [
    ['', '9', 'none'],
    ['8', '9', 'none'],
    ['9', '9', 'opted-out'],
    ['19', '9', 'opted-out'],
    ['91', '9', 'opted-out'],
    ['12', '*', 'none'],
    ['1*', '*', 'opted-out'],
    ['9', '', 'none'],
    ['', '', 'none'],
  ] as const;
  for (const [digits, digit, verdict] of table) t.equal(optOutIn(digits, digit), verdict, `“${digits}” for “${digit}”`);
});
