import type { PassFigures, RedialReason, RedialReport } from '../control/commands/redials.ts';
import { VERSION } from '../version.ts';
import type { Io } from './io.ts';
import { duration, localTime, pairs, percent, table, type Cell } from './print.ts';
import { escapeXml } from './simulate-chart.ts';

/** A part of the report: names with their values, or a table. */
interface Section {
  readonly title: string;
  readonly head: readonly string[] | null;
  readonly rows: readonly (readonly Cell[])[];
}

/** A report for the terminal. */
export function reportText(io: Io, report: RedialReport): string {
  return sections(report)
    .map(({ title, head, rows }) => {
      if (head === null) return pairs(io, rows as readonly (readonly [string, Cell])[]);
      return `${io.paint('bold', title)}\n${table(io, head, rows)}`;
    })
    .join('\n');
}

/** A report as a page to send around: no scripts, nothing from elsewhere. */
export function reportPage(report: RedialReport): string {
  const title = `${report.title === '' ? report.campaign : report.title}: ${report.for}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeXml(title)}</h1>
${sections(report).map(sectionHtml).join('\n')}
<p>obzvon ${escapeXml(VERSION)}</p>
</body>
</html>
`;
}

const STYLE = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;max-width:960px;margin:0 auto;padding:24px 16px}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:28px 0 6px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:4px 12px 4px 0;text-align:left;border-bottom:1px solid #8885;vertical-align:top}td.n{text-align:right}
p{opacity:.7;font-size:.85rem}`;

function sectionHtml({ title, head, rows }: Section): string {
  const cell = (value: Cell): string => {
    const text = typeof value === 'object' && value !== null ? value.text : String(value ?? '');
    return `<td${typeof value === 'number' ? ' class="n"' : ''}>${escapeXml(text)}</td>`;
  };
  const top = head === null ? '' : `<tr>${head.map((name) => `<th>${escapeXml(name)}</th>`).join('')}</tr>\n`;
  const body = rows
    .filter(([, value]) => head !== null || value !== null)
    .map((row) => `<tr>${row.map(cell).join('')}</tr>`)
    .join('\n');
  return `${title === '' ? '' : `<h2>${escapeXml(title)}</h2>\n`}<table>\n${top}${body}\n</table>`;
}

function sections(report: RedialReport): Section[] {
  const { figures, results, missed, unplanned, abandonment } = report;
  const share = (n: number, of: number): string => (of === 0 ? '-' : percent(n / of));
  const all: Section[] = [
    { title: '', head: null, rows: summary(report) },
    {
      title: 'Attempts by outcome',
      head: ['OUTCOME', 'ATTEMPTS', 'SHARE'],
      rows: [
        ...Object.entries(figures.byDisposition).map(([outcome, n]) => [outcome, n, share(n, figures.attempts)]),
        ...(figures.live > 0 ? [['(live)', figures.live, share(figures.live, figures.attempts)]] : []),
      ],
    },
    {
      title: 'Talks by result',
      head: ['RESULT', 'STAGE', 'TARGET', 'TALKS', 'SHARE'],
      rows: results.map(({ code, stage, target, talks }) => [
        code,
        stage,
        target ? 'yes' : '',
        talks,
        share(talks, figures.talks),
      ]),
    },
    {
      title: 'Planned and not called',
      head: ['CODE', 'LEADS', 'WHY', 'FIRST'],
      rows: missed.map((reason) => [reason.code, reason.leads, reason.title, firstOf(reason)]),
    },
    {
      title: 'Called and not planned',
      head: ['CODE', 'LEADS', 'WHY', 'THE PLAN SAID', 'FIRST'],
      rows: unplanned.map((reason) => [
        reason.code,
        reason.leads,
        reason.title,
        reason.planned ?? 'nothing',
        firstOf(reason),
      ]),
    },
    {
      title: 'Abandoned',
      head: ['OVER', 'ANSWERS', 'ABANDONED', 'RATE'],
      rows: abandonment.map(({ window, answers, abandoned, rate }) => [
        window === 'pass' ? 'the pass' : `the last ${window}`,
        answers,
        abandoned,
        rate === null ? '-' : percent(rate),
      ]),
    },
    ...since(report),
  ];
  return all.filter(({ rows }) => rows.length > 0);
}

function summary(report: RedialReport): (readonly [string, Cell])[] {
  const { campaign, title, from, until, state, plan, figures, leads, money, agents, remembered } = report;
  const { forecast } = plan;
  const foreseen = (spread: { p10: number; p90: number } | undefined): string =>
    spread === undefined ? '' : ` (foreseen ${Math.round(spread.p10)} to ${Math.round(spread.p90)})`;
  return [
    ['campaign', `${title === '' ? campaign : `${campaign}, ${title}`}, ${state} now`],
    ['pass', `${report.for}, from ${localTime(from)}${until === null ? '' : ` to ${localTime(until)}`}`],
    ['planned', `${leads.planned} of ${plan.leads} leads, ${plan.waiting} of them at times of their own`],
    [
      'called',
      `${leads.called} leads${remembered ? `, ${leads.calledAsPlanned} of them as planned` : '; the plan of each lead is forgotten'}`,
    ],
    ['attempts', `${figures.attempts}${foreseen(forecast?.attempts)}`],
    ['answered', `${figures.answered}${foreseen(forecast?.answers)}`],
    ['talks', `${figures.talks} with ${leads.talked} leads, ${duration(figures.talkMs)}`],
    ['agents', `${agents.count}, ${duration(agents.loggedInMs)} logged in, ${duration(agents.talkMs)} in talks`],
    [
      'money',
      money === null ? null : `${money.cost.toFixed(2)} ${money.currency}${foreseen(forecast?.money ?? undefined)}`,
    ],
  ];
}

function firstOf({ first }: RedialReason): string {
  const shown = first.slice(0, 3).map(({ lead, phone }) => `${lead} ${phone}`);
  return first.length > shown.length ? `${shown.join(', ')} …` : shown.join(', ');
}

function since({ figures, before }: RedialReport): Section[] {
  if (before === null) return [];
  const row = (name: string, of: (figures: PassFigures) => number): Cell[] => {
    const difference = of(figures) - of(before);
    return [name, of(before), of(figures), `${difference > 0 ? '+' : ''}${difference}`];
  };
  const outcomes = new Set([...Object.keys(figures.byDisposition), ...Object.keys(before.byDisposition)]);
  const countOf = (outcome: string) => (of: PassFigures) =>
    (of.byDisposition as Readonly<Record<string, number | undefined>>)[outcome] ?? 0;
  return [
    {
      title: `Against the pass of ${before.for}`,
      head: ['', 'THEN', 'NOW', 'DIFFERENCE'],
      rows: [
        row('attempts', ({ attempts }) => attempts),
        row('answered', ({ answered }) => answered),
        row('talks', ({ talks }) => talks),
        row('abandoned', ({ abandoned }) => abandoned),
        ...[...outcomes].map((outcome) => row(outcome, countOf(outcome))),
      ],
    },
  ];
}
