import { readFile } from 'node:fs/promises';
import { call } from '../../lib/control/client.ts';
import type { Call } from '../../lib/control/commands/calls.ts';
import type { CampaignReport } from '../../lib/control/commands/campaigns.ts';
import type { DemoBase, Obstacle } from './base.ts';

export interface Verdict {
  readonly law: string;
  readonly ok: boolean;
  readonly found: string;
}

/** Holds what was dialed against what the demo itself knows of its base, and against Asterisk's own record. */
export async function judge(options: { socket: string; base: DemoBase; celFile: string | null }): Promise<Verdict[]> {
  const { socket, base } = options;
  const report = await call(socket, 'report.campaign', { name: 'demo' });
  const { calls } = await call(socket, 'call.list', { campaign: 'demo', limit: 10_000 });
  const { ok, rows, attempts, anchors } = await call(socket, 'ledger.verify', {}, { onProgress: () => undefined });
  return [
    ...report.checks,
    ...forbidden(base, calls),
    conservation(base, report),
    everyoneTried(base, report, calls),
    {
      law: 'the ledger of verdicts is whole: chain, signature, anchors, and a verdict for each attempt',
      ok: ok && attempts === calls.length,
      found: `${rows} verdicts, ${attempts} with their attempt, anchors: ${anchors}`,
    },
    ...(options.celFile === null ? [] : [witness(await readFile(options.celFile, 'utf8'), calls)]),
  ];
}

const FORBIDDEN: readonly (readonly [law: string, obstacles: readonly Obstacle[]])[] = [
  ['nobody who had opted out was called', ['opted-out']],
  ['nobody without a valid consent was called', ['no-consent', 'expired-consent', 'foreign-consent']],
  ['nobody was called outside the hours of his zone', ['far-zone']],
];

function forbidden(base: DemoBase, calls: readonly Call[]): Verdict[] {
  const called = new Set(calls.map(({ phone }) => phone));
  return FORBIDDEN.map(([law, obstacles]) => {
    const people = base.rows.filter((row) => row.obstacle !== null && obstacles.includes(row.obstacle));
    const hit = people.filter((row) => row.e164 !== null && called.has(row.e164)).length;
    return { law, ok: hit === 0 && people.length > 0, found: `${hit} of ${people.length} such leads` };
  });
}

function conservation(base: DemoBase, report: CampaignReport): Verdict {
  const count = (obstacle: Obstacle) => base.rows.filter((row) => row.obstacle === obstacle).length;
  const [wrong, duplicate] = [count('wrong'), count('duplicate')];
  const { total } = report.leads;
  return {
    law: 'rows of the file = leads + duplicates + rejected',
    ok: base.rows.length === total + wrong + duplicate,
    found: `${base.rows.length} = ${total} + ${duplicate} + ${wrong}`,
  };
}

function everyoneTried(base: DemoBase, report: CampaignReport, calls: readonly Call[]): Verdict {
  const called = new Set(calls.map(({ phone }) => phone));
  const lawful = base.rows.filter((row) => row.obstacle === null);
  const missed = lawful.filter((row) => row.e164 !== null && !called.has(row.e164)).length;
  return {
    law: 'everyone who may be called was',
    ok: missed === 0 && report.leads.callable === 0 && report.leads.dialing === 0,
    found: `${lawful.length - missed} of ${lawful.length}`,
  };
}

/** Asterisk's channel event log: the calls that were really placed, told by somebody else. */
function witness(cel: string, calls: readonly Call[]): Verdict {
  const placed = new Map<string, number>();
  for (const line of cel.split('\n')) {
    if (!line.includes('"CHAN_START"')) continue;
    const { uniqueid } = JSON.parse(line) as { uniqueid?: string };
    if (uniqueid?.startsWith('at-') === true) placed.set(uniqueid, (placed.get(uniqueid) ?? 0) + 1);
  }
  const known = new Set(calls.map(({ id }) => id));
  const unknown = [...placed.keys()].filter((id) => !known.has(id)).length;
  const twice = [...placed.values()].filter((n) => n > 1).length;
  return {
    law: 'Asterisk placed exactly the attempts in the database, each once',
    ok: unknown === 0 && twice === 0 && placed.size === calls.length,
    found: `${placed.size} placed, ${calls.length} stored, ${unknown} unknown, ${twice} twice`,
  };
}
