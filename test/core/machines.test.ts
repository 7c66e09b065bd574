import t from 'tap';
import { agentTable } from '../../lib/core/agent.ts';
import { attemptTable } from '../../lib/core/attempt.ts';
import { callbackTable } from '../../lib/core/callback.ts';
import { callerTable } from '../../lib/core/caller.ts';
import { campaignTable } from '../../lib/core/campaign.ts';
import { leadTable } from '../../lib/core/lead.ts';
import { finalStates, step } from '../../lib/core/machine.ts';
import { DISPOSITIONS } from '../../lib/core/outcome.ts';
import { openStore } from '../../lib/store/open.ts';
import { KEYED } from '../helpers/keyed.ts';

type Moves = Record<string, Record<string, string>>;

const MACHINES: Record<string, { table: Moves; start: string; final: string[]; sqlTable: string }> = {
  attempt: { table: attemptTable, start: 'planned', final: ['ended', 'lost'], sqlTable: 'attempts' },
  agent: { table: agentTable, start: 'offline', final: [], sqlTable: 'agents' },
  campaign: { table: campaignTable, start: 'draft', final: [], sqlTable: 'campaigns' },
  lead: { table: leadTable, start: 'callable', final: [], sqlTable: 'leads' },
  caller: { table: callerTable, start: 'arrived', final: ['ended'], sqlTable: 'inbound_calls' },
  callback: {
    table: callbackTable,
    start: 'waiting',
    final: ['done', 'lapsed', 'cancelled'],
    sqlTable: 'callbacks',
  },
};

const definition = new Map(
  openStore(':memory:', KEYED)
    .prepare<[], [string, string]>(`SELECT name, sql FROM sqlite_schema WHERE type = 'table'`)
    .raw()
    .all(),
);

/** The values of `CHECK (column IN (…))` in a table's definition, as all migrations leave it. */
function checkList(table: string, column: string): string[] {
  const body = definition.get(table) ?? '';
  const list = new RegExp(`CHECK \\(${column}\\s+IN \\(([^)]*)\\)`).exec(body)?.[1] ?? '';
  return [...list.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? '');
}

for (const [name, { table, start, final, sqlTable }] of Object.entries(MACHINES)) {
  void t.test(
    `${name}: every state can be reached, moves lead to known states, the final ones are ${final.join(', ') || 'none'}`,
    async (t) => {
      const reached = new Set([start]);
      for (const state of reached) for (const to of Object.values(table[state] ?? {})) reached.add(to);
      t.strictSame([...reached].sort(), Object.keys(table).sort());
      t.strictSame(finalStates(table), final);
    },
  );

  void t.test(`${name}: the store accepts exactly the states of the table`, async (t) => {
    t.strictSame(checkList(sqlTable, 'state').sort(), Object.keys(table).sort());
  });

  void t.test(`${name}: every state × event either moves by the table or moves nothing`, async (t) => {
    const events = new Set(Object.values(table).flatMap((moves) => Object.keys(moves)));
    for (const state of Object.keys(table)) {
      for (const event of events) {
        const to = table[state]?.[event];
        t.strictSame(step(table, state, event), to === undefined ? { ok: false } : { ok: true, from: state, to });
      }
    }
  });
}

void t.test('the store accepts exactly the dispositions of the closed list', async (t) => {
  t.strictSame(checkList('attempts', 'disposition').sort(), [...DISPOSITIONS].sort());
});

void t.test('every live attempt can be hung up or vanish: none is stuck for ever', async (t) => {
  for (const [state, moves] of Object.entries(attemptTable as Moves)) {
    if (state === 'ended' || state === 'lost') continue;
    t.equal(moves['hung-up'], 'ended', state);
    t.equal(moves['vanished'], 'lost', state);
  }
});

void t.test('an opt-out closes a lead in any state but in mid-call, and only a release opens it', async (t) => {
  for (const [state, moves] of Object.entries(leadTable as Moves)) {
    if (state !== 'opted-out') t.equal(moves['opted-out'], 'opted-out', state);
  }
  t.strictSame(leadTable['opted-out'], { released: 'callable' });
});
