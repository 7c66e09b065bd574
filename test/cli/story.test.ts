import t from 'tap';
import { storyPage } from '../../lib/cli/story-page.ts';
import { phoneToInteger } from '../../lib/core/phone.ts';
import { CALLER, phoneOf } from '../helpers/rig.ts';
import { fillLedger } from '../helpers/ledger.ts';
import { createRooms } from '../helpers/rooms.ts';

const EVIL = `<img src=x onerror="alert('1')">&`;

void t.test('a story as a page: everything of others is escaped, nothing is loaded, both languages', async (t) => {
  const rooms = createRooms();
  fillLedger(rooms, 64);
  const phone = rooms.db.prepare<[], number>(`SELECT phone FROM verdicts WHERE verdict = 'ALLOW'`).pluck().get() ?? 0;
  rooms.db.prepare('UPDATE leads SET name = ?, vars = ? WHERE phone = ?').run(EVIL, JSON.stringify({ x: EVIL }), phone);
  rooms.db.prepare('UPDATE consents SET note = ? WHERE phone = ?').run(EVIL, phone);
  const page = storyPage({ phone: `+${phone}`, at: 0, ...rooms.stories.of(phone) });
  t.notMatch(page, /<img|<script|src=x onerror="|href=|@import|url\(/);
  t.match(page, /&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt;&amp;/);
  for (const heading of ['Решения / Verdicts', 'Согласия / Consents', 'Проверка / How to check'])
    t.match(page, heading);
  t.match(page, new RegExp(String(phoneToInteger(phoneOf(CALLER)))));
  t.match(page, /каждая сходится с предыдущей/);
  rooms.db.prepare(`UPDATE verdicts SET body = json_set(body, '$.label', 'x') WHERE phone = ?`).run(phone);
  t.match(storyPage({ phone: `+${phone}`, at: 0, ...rooms.stories.of(phone) }), /НЕ СХОДЯТСЯ/);
});
