import { VERSION } from '../version.ts';
import { methodNamed } from '../sim/methods.ts';
import { percent } from './print.ts';
import { chartStyle, escapeXml, lineChart } from './simulate-chart.ts';
import type { Plan } from './simulate-plan.ts';
import { plotsOf } from './simulate-plots.ts';
import type { Simulation } from './simulate-result.ts';
import { columnsOf, deadlineText, headline, zoneTime } from './simulate-text.ts';

const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1d2126;--soft:#5b6470;--line:#dfe3e8;--box:#f5f7f9;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e4e7eb;--soft:#9aa5b1;--line:#2c323a;--box:#1c2127;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 16px 48px}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 4px}h2{font-size:1.15rem;margin:32px 0 8px}
p{margin:8px 0}.soft{color:var(--soft);font-size:.9rem}
.conclusion{border-left:4px solid #0b63c4;background:var(--box);padding:10px 14px;font-size:1.05rem;margin:16px 0;border-radius:0 6px 6px 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem;min-width:100%}
th,td{padding:5px 10px;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--soft);font-weight:600;font-size:.78rem;letter-spacing:.02em}td.n,th.n{text-align:right}td.wrap{white-space:normal}
.over{color:var(--bad);font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:20px 24px}
figure{margin:0}svg{display:block;height:auto}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:8px 0;font-size:.92rem}dt{color:var(--soft)}dd{margin:0}
pre{background:var(--box);padding:10px 12px;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.82rem}summary{cursor:pointer}
@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--box:#f2f2f2;--bad:#900}body{font-size:11pt}main{max-width:none;padding:0}figure,table,.conclusion{break-inside:avoid}details{display:none}.charts{grid-template-columns:1fr 1fr}}
`;

/** A page of its own: no network, no script, light and dark, for screen, phone and paper. */
export function simulationPage(simulation: Simulation): string {
  const { plan, conclusion } = simulation;
  const title = `Simulation of ${plan.source}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${STYLE}${chartStyle()}</style>
</head>
<body>
<main>
<h1>${escapeXml(title)}</h1>
<p class="soft">${escapeXml(plan.scenario.description)}</p>
<p class="conclusion">${conclusion.split('\n').map(escapeXml).join('<br>')}</p>
<h2>Figures</h2>
${figures(simulation)}
${plotsOf(simulation)
  .map(
    ({ heading, charts }) => `<h2>${escapeXml(heading)}</h2>
<p class="soft">${bandsText(plan)}</p>
<div class="charts">
${charts.map((chart) => `<figure>${lineChart(chart, { embedded: true })}</figure>`).join('\n')}
</div>`,
  )
  .join('\n')}
<h2>Settings</h2>
${settings(plan)}
${origins(plan)}
<h2>What is assumed</h2>
<ul class="soft">
${assumptionsOf(plan)
  .map((text) => `<li>${escapeXml(text)}</li>`)
  .join('\n')}
</ul>
<h2>To repeat it</h2>
<p>Save the scenario below as <code>scenario.json</code> and run:</p>
<pre>${escapeXml(commandFor(plan))}</pre>
<details><summary>The scenario</summary>
<pre>${escapeXml(JSON.stringify(plan.scenario, null, 2))}</pre>
</details>
<p class="soft">obzvon ${escapeXml(VERSION)}</p>
</main>
</body>
</html>
`;
}

function bandsText({ seeds }: Plan): string {
  return seeds.length === 1
    ? 'One seed: there are no intervals.'
    : `Lines are means over ${seeds.length} seeds, bands their 95 % intervals.`;
}

function figures({ plan, cells }: Simulation): string {
  const columns = columnsOf(plan);
  const isText = (head: string): boolean => head === 'METHOD' || head === 'LEADS' || head === 'DONE AT';
  const side = (head: string): string => (isText(head) ? '' : ' class="n"');
  const rows = cells.map((cell) =>
    columns
      .map((column) => {
        const { text, over } = column.cell(cell);
        const shown = over === true ? `<span class="over">${escapeXml(text)} !</span>` : escapeXml(text);
        return `<td${side(column.head)}>${shown}</td>`;
      })
      .join(''),
  );
  return `<div class="scroll"><table>
<thead><tr>${columns.map(({ head, about }) => `<th${side(head)} title="${escapeXml(about)}">${escapeXml(head)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${row}</tr>`).join('\n')}
</tbody>
</table></div>
<p class="soft">${columns
    .filter(({ head }) => head !== 'AGENTS' && head !== 'METHOD')
    .map(({ head, about }) => `${escapeXml(head)}: ${escapeXml(about)}`)
    .join('; ')}.${plan.seeds.length > 1 ? ' ± is the 95 % interval of the mean over seeds.' : ''}</p>`;
}

function settings(plan: Plan): string {
  const { wishes, scenario, seeds, methods } = plan;
  const { zone } = scenario.shift;
  const rows: (readonly [string, string])[] = [
    ['simulated', headline(plan)],
    ['target, limit', `${percent(wishes.target)}, ${percent(wishes.limit)} of live answers abandoned`],
    [
      'calls not yet answered',
      `${wishes.maxRatio} per agent at most${wishes.maxUnanswered === null ? '' : `, ${wishes.maxUnanswered} in all`}`,
    ],
    ['agents', plan.agents.join(', ')],
    [
      'shift',
      `${(scenario.durationS / 3600).toFixed(1)} h from ${scenario.shift.from} (${zone}), ${scenario.shift.days.join(', ')}`,
    ],
    [
      'trunk',
      `${scenario.trunk.channels ?? 'any number of'} channels, ${scenario.trunk.originatesPerSecond ?? 'any number of'} originates a second`,
    ],
    ['seeds', seeds.join(', ')],
    ['begins', zoneTime(plan.from, zone)],
    ...(plan.until == null ? [] : [['deadline', deadlineText(plan.until, zone)] as const]),
    ...methods.map((name) => [name, methodNamed(name)?.about ?? ''] as const),
  ];
  return `<dl>${rows.map(([name, value]) => `<dt>${escapeXml(name)}</dt><dd>${escapeXml(value)}</dd>`).join('')}</dl>`;
}

function origins({ origins }: Plan): string {
  if (origins.length === 0) return '';
  const rows = origins.map(({ what, calls, figure }) => {
    const from = calls === 0 ? '<span class="over">assumed</span>' : `${calls} measured`;
    return `<tr><td>${escapeXml(what)}</td><td>${from}</td><td class="wrap">${escapeXml(figure)}</td></tr>`;
  });
  return `<h2>What is measured</h2><div class="scroll"><table><tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** What the model takes for granted. */
export function assumptionsOf({ scenario, until, methods }: Plan): string[] {
  const bases = scenario.campaigns.flatMap(({ base }) => (base === null ? [] : [base]));
  return [
    'The pacer, the state tables, the retry rules and the calling hours are the dialer’s own; people, trunk and agents are the model.',
    'Calls are independent of each other; talk, wrap-up and ringing times are drawn from the scenario’s distributions.',
    ...(scenario.pauses === null ? ['Agents take no pauses.'] : []),
    ...(until === undefined
      ? [
          'Each seed is a day of its own, from a cold start; the n-th call of a seed meets the same person whatever the method.',
        ]
      : [
          'The pacer keeps what it learned from day to day.',
          'Agents’ time in which no lead may be called is told apart (NO LEADS) and is in no other share.',
          `People keep their nature: each lead has its own chance to answer, drawn once (beta, a + b = ${bases.map(({ likeness }) => likeness).join(', ')}), so retries thin out.`,
          'A lead that is held, blocked, or called by another campaign is not in the model.',
          'Calls under way when the shift ends count as cancelled, unless an agent is talking.',
        ]),
    ...(methods.some((name) => methodNamed(name)?.peer === true)
      ? ['Peers are re-implemented from their published behaviour, with this scenario’s caller wait.']
      : []),
  ];
}

/** The command line that runs it again, with the scenario in a file. */
export function commandFor(plan: Plan): string {
  const { wishes, seeds, agents, methods } = plan;
  const share = (value: number): string => `${Number((100 * value).toFixed(4))}%`;
  const words = [
    'obzvon simulate scenario.json',
    ...(plan.scenario.crews.length === 1 ? [`--agents ${agents.join(',')}`] : []),
    `--compare ${methods.join(',')}`,
    ...(plan.bestHour ? ['--best-hour'] : []),
    `--target ${share(wishes.target)} --limit ${share(wishes.limit)} --max-ratio ${wishes.maxRatio}`,
    ...(wishes.maxUnanswered === null ? [] : [`--max-unanswered ${wishes.maxUnanswered}`]),
    `--seeds ${seeds.length} --seed ${seeds[0]}`,
    `--start ${new Date(plan.from).toISOString()}`,
    ...(plan.until == null ? [] : [`--until ${new Date(plan.until).toISOString()}`]),
    ...(plan.until === undefined ? [] : [`--done ${share(plan.doneShare)}`]),
  ];
  return words.join(' ');
}
