import type { PersonStory } from '../control/commands/ledger.ts';
import { escapeXml } from './simulate-chart.ts';
import type { StoredRow } from '../store/stories.ts';

/** One person's story as a page to print: no scripts, nothing from elsewhere, everything escaped. */
export function storyPage(story: PersonStory): string {
  const { verdicts, head, erasure } = story;
  const sound = verdicts.every(({ holds, isHis }) => holds && isHis);
  const verdictRows = verdicts.map(({ id, verdict, holds, isHis }) => ({
    row: id,
    at: verdict.at,
    verdict: verdict.verdict,
    codes: verdict.codes.join(', '),
    campaign: verdict.campaign,
    caller: verdict.caller,
    policy: `${verdict.policy.id} ${verdict.policy.version} ${verdict.policy.hash.slice(0, 12)}`,
    consents: verdict.consents.join(', '),
    registration: verdict.registration,
    label: verdict.label,
    zone: `${verdict.zone.zones.join(', ')} (${verdict.zone.source})`,
    checked: holds && isHis ? 'да / yes' : 'НЕТ / NO',
  }));
  const sections: readonly (readonly [title: string, rows: readonly StoredRow[]])[] = [
    ['Решения / Verdicts', verdictRows],
    ['Вызовы / Calls', story.attempts],
    ['Входящие вызовы / His calls to us', story.inbound],
    ['Результаты разговоров / Results of talks', story.results],
    ['Обещанные звонки / Callbacks', story.callbacks],
    ['В базах / Leads', story.leads],
    ['Номера в базах / Numbers of the leads', story.numbers],
    ['Согласия / Consents', story.consents],
    ['Отказы от звонков / Opt-outs', story.optOuts],
    ['Отказы у оператора / Refusals lodged with the operator', story.refusals],
    ['Переход номера к другому лицу / Reassignments', story.reassignments],
    ['Отметки должника / Debtor flags', story.debtorFlags],
    ['Требования по 152-ФЗ / Demands', story.demands],
    ['Внешние списки / External lists', story.doNotCallLists],
    ['Регистрации номеров МАВ / Registrations of caller numbers', story.registrations],
    ['Кампании / Campaigns', story.campaigns.map(({ spec: _spec, ...row }) => row)],
  ];
  return `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeXml(story.phone)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>История обработки номера / The story of ${escapeXml(story.phone)}</h1>
${listed([
  ['Составлено / Made', time(story.at)],
  ['Ключевой хеш / Keyed hash', story.subject],
  ['Уничтожены / Erased', erasure === null ? null : `${time(erasure.at)}, ${erasure.by}: ${erasure.reason}`],
  [
    'Строки реестра / Ledger rows',
    `${verdicts.length}: ${sound ? 'каждая сходится с предыдущей / each fits the one before' : 'НЕ СХОДЯТСЯ / DO NOT FIT'}`,
  ],
  [
    'Конец цепочки / Head',
    head === null
      ? 'нет / none'
      : `${head.id} ${head.hash} ${head.signed ? 'подписан / signed' : 'НЕ ПОДПИСАН / NOT SIGNED'}`,
  ],
])}
${sections.map(([title, rows]) => rowsTable(title, rows)).join('\n')}
<h2>Политики / Policies</h2>
${story.policies
  .map(
    ({ id, version, hash, used_at: usedAt, files }) => `<h3>${escapeXml(`${id} ${version}`)}</h3>
${listed([
  ['SHA-256', hash],
  ['Впервые применена / First used', time(usedAt)],
  ...files.map(({ name, sha256 }): [string, string] => [name, sha256]),
])}`,
  )
  .join('\n')}
<h2>Проверка / How to check</h2>
<p>Хеш строки = SHA-256 от трёх строк через LF: хеш предыдущей строки, номер строки, её содержание (UTF-8, без LF в конце).
The hash of a row is the SHA-256 of three lines joined by LF: the hash of the row before, the row's number, its content
(UTF-8, no LF at the end): <code>printf '%s\\n%s\\n%s' PREVIOUS ROW CONTENT | sha256sum</code></p>
${verdicts
  .map(
    ({ id, previousHash, body, hash }) => `<h3>${id}</h3>
${listed([
  ['Предыдущий / Previous', previousHash],
  ['Содержание / Content', body],
  ['Хеш / Hash', hash],
])}`,
  )
  .join('\n')}
</body>
</html>
`;
}

const STYLE = `
body { font: 11pt/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 75em; color: #111; }
h1 { font-size: 1.4em; } h2 { font-size: 1.15em; margin-top: 2em; } h3 { font-size: 1em; }
table { border-collapse: collapse; width: 100%; font-size: 8.5pt; }
th, td { border: 1px solid #999; padding: 2px 5px; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eee; } dl { display: grid; grid-template-columns: 14em 1fr; gap: 2px 1em; margin: 0; }
dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; } code { overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; } tr, dl { break-inside: avoid; } }
`;

/** A time is whatever a column of times holds: told in UTC, and as it is stored. */
function shown(name: string, value: string | number | null): string {
  if (value === null) return '';
  return typeof value === 'number' && (name === 'at' || name === 'since' || name.endsWith('_at'))
    ? time(value)
    : String(value);
}

function time(at: number): string {
  return new Date(at).toISOString();
}

function rowsTable(title: string, rows: readonly StoredRow[]): string {
  if (rows.length === 0) return `<h2>${title}</h2>\n<p>нет / none</p>`;
  // A column nobody filled in says nothing.
  const columns = Object.keys(rows[0] ?? {}).filter((name) => rows.some((row) => (row[name] ?? null) !== null));
  const line = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((text) => `<${tag}>${escapeXml(text)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) =>
    line(
      'td',
      columns.map((name) => shown(name, row[name] ?? null)),
    ),
  );
  return `<h2>${title}</h2>\n<table>\n<thead>${line('th', columns)}</thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>`;
}

function listed(list: readonly (readonly [name: string, value: string | null])[]): string {
  const items = list.filter(([, value]) => value !== null);
  return `<dl>${items.map(([name, value]) => `<dt>${escapeXml(name)}</dt><dd>${escapeXml(value ?? '')}</dd>`).join('')}</dl>`;
}
