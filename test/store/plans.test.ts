import t from 'tap';
import { KEYED } from '../helpers/keyed.ts';
import type { Db } from '../../lib/store/open.ts';
import { openStore } from '../../lib/store/open.ts';
import { createRooms } from '../helpers/rooms.ts';

/** Statements that look at whole tables on purpose: lists of a few rows, never on the way of a call. */
const WHOLE: readonly RegExp[] = [
  // Walks back from the newest and stops at the limit.
  /FROM attempts WHERE \(@campaign IS NULL .* ORDER BY id DESC LIMIT @limit/s,
  /FROM campaigns ORDER BY name/,
  // A handful, looked at four times a minute.
  /FROM schedules ORDER BY name/,
  // A list of lists: one or two for each registry.
  /FROM dnc_lists AS l ORDER BY l\.registry/,
  /FROM range_registers /,
  /FROM line_blocks WHERE id IN/,
  // The newest attempts, read once at the start.
  /FROM \(SELECT \* FROM attempts ORDER BY id DESC LIMIT \?\)/,
  // A handful of lists, looked at by an import alone.
  /FROM dnc_lists (AS l WHERE l\.registry|WHERE state) = /,
  // Is there anybody at all?
  /^SELECT 1 FROM erasures LIMIT 1$/,
  // Erasures: at a stop of the daemon, the files written, and one who opted out by an import that had a note.
  /^SELECT path, kind, at FROM written_files/,
  /^SELECT act FROM erasures/,
  /^UPDATE opt_out_acts AS a/,
  // Passes cut short, at a start and before another.
  /FROM redials WHERE state = 'preparing'/,
  // One page of the leads, found by index, grouped.
  /FROM \(\s+SELECT .* FROM leads WHERE campaign = @campaign AND phone > @after ORDER BY phone LIMIT @limit\)/s,
];

/** Each statement the store prepares, as SQLite sees it. */
function prepared(): { sql: string; plan: readonly string[] }[] {
  const db = openStore(':memory:', KEYED);
  const seen = new Set<string>();
  const spy = new Proxy(db, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== 'function') return value;
      if (key !== 'prepare') return (value as (...args: unknown[]) => unknown).bind(target);
      return (sql: string) => {
        seen.add(sql);
        return target.prepare(sql);
      };
    },
  });
  const rooms = createRooms(spy);
  // One update is prepared for each set of columns, when it is first needed.
  t.throws(() => rooms.attempts.setState('at-none' as never, 'ended', { disposition: 'busy', ended_at: 1 }));
  return [...seen].map((sql) => ({ sql, plan: planOf(db, sql) }));
}

function planOf(db: Db, sql: string): string[] {
  const statement = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
  const names = [...sql.matchAll(/@(\w+)/g)].map(([, name]) => name ?? '');
  const marks = sql.split('?').length - 1;
  const values: unknown[] =
    names.length > 0 ? [Object.fromEntries(names.map((name) => [name, null]))] : Array<null>(marks).fill(null);
  return statement.all(...values).map(({ detail }) => detail);
}

const statements = prepared();
const flat = (sql: string) => sql.replace(/\s+/g, ' ').trim();

void t.test('no statement on the way of a call walks a whole table', async (t) => {
  t.ok(statements.length > 20, `${statements.length} statements`);
  for (const { sql, plan } of statements) {
    if (WHOLE.some((known) => known.test(sql))) continue;
    t.strictSame(
      plan.filter(
        (step) =>
          /^SCAN (?!.*USING (COVERING )?INDEX)/.test(step) &&
          !/^SCAN (CONSTANT|\d|(n|json_each) VIRTUAL TABLE)/.test(step),
      ),
      [],
      flat(sql),
    );
  }
});

void t.test('the statements of every tick and every verdict go by their index, and sort nothing', async (t) => {
  const hot: readonly (readonly [what: string, sql: RegExp, plan: RegExp])[] = [
    [
      'leads due',
      /^SELECT id, priority FROM leads WHERE campaign = \? AND segment = \? AND state = 'waiting' AND next_at <= \?/,
      /leads_waiting \(campaign=\? AND segment=\? AND next_at<\?\)/,
    ],
    [
      'leads never tried',
      /^SELECT id FROM leads WHERE campaign = \? AND segment = \? AND state = 'callable'/,
      /leads_callable/,
    ],
    ['a sample of leads due', /^SELECT id, priority, phone.* state = 'waiting' AND next_at >= \?/, /leads_waiting/],
    [
      'a sample of leads never tried',
      /^SELECT id, priority, phone.* state = 'callable' AND priority = \?/,
      /leads_callable \(campaign=\? AND segment=\? AND priority=\? AND id>\?\)/,
    ],
    ['the first due', /SELECT min\(next_at\) FROM leads .* AND next_at <= \?/, /leads_waiting/],
    ['the first never tried', /SELECT id, priority FROM leads .* ORDER BY priority DESC, id LIMIT 1/, /leads_callable/],
    ['the last never tried', /SELECT max\(id\) FROM leads WHERE/, /leads_callable/],
    ['answers by hour', /attempts, answered FROM answer_hours WHERE campaign = \?/, /PRIMARY KEY/],
    [
      'leads counted by segment',
      /^SELECT phone, segment, state, .* FROM leads WHERE campaign = \?/,
      /sqlite_autoindex_leads_1 \(campaign=\? AND phone>\?\)/,
    ],
    ['a lead put into a segment', /^UPDATE leads SET segment = \?/, /INTEGER PRIMARY KEY/],
    ['the next due', /SELECT min\(next_at\) FROM leads .* state = 'waiting'$/, /leads_waiting/],
    ['leads of a phone', /SELECT l\.\* FROM lead_numbers AS n JOIN .* WHERE n\.phone = \?/, /lead_numbers_by_phone/],
    ['numbers of a lead', /closed FROM lead_numbers WHERE lead = \?/, /PRIMARY KEY/],
    ['a number in flight', /SELECT 1 FROM attempts WHERE phone = \?/, /attempts_one_unresolved|attempts_by_phone/],
    ['the history of a number', /disposition FROM attempts WHERE phone = \? AND planned_at/, /attempts_by_phone/],
    [
      'the history of a debtor',
      /disposition FROM attempts AS a WHERE \(phone = \?/,
      /attempts_by_phone.*attempts_by_person/,
    ],
    [
      'callbacks due',
      /FROM callbacks WHERE campaign = \? AND state = 'waiting' AND due_at <= \? ORDER BY/,
      /callbacks_due/,
    ],
    ['the calls of a caller', /FROM inbound_calls WHERE phone = \? ORDER BY/, /inbound_calls_by_phone/],
    ['whether a number calls us now', /SELECT 1 FROM inbound_calls WHERE phone = \?/, /inbound_calls_by_phone/],
    ['the callers on the line', /FROM inbound_calls WHERE ended_at IS NULL/, /inbound_calls_live/],
    ['the next callback', /SELECT min\(due_at\) FROM callbacks/, /callbacks_due/],
    ['the callback of a lead', /FROM callbacks WHERE lead = \? AND state IN/, /callbacks_open|callbacks_by_lead/],
    ['who called a number last', /SELECT campaign FROM attempts WHERE phone = \? AND caller = \?/, /attempts_by_phone/],
    ['a range', /FROM ranges AS r/, /PRIMARY KEY.*range_registers_active/],
    ['the range behind', /SELECT first FROM ranges .* first > \?/, /PRIMARY KEY.*range_registers_active/],
    ['a slice of ranges', /DELETE FROM ranges/, /PRIMARY KEY/],
    ['what an attempt teaches', /WHERE a\.id = \?/, /SEARCH a USING PRIMARY KEY/],
    ['earlier attempts to its number', /WHERE a\.phone = \? AND a\.planned_at/, /attempts_by_phone/],
    ['external lists', /AS listed FROM dnc_lists AS l/, /dnc_lists_active/],
    ['demands', /SELECT received_at FROM demands AS d/, /demands_by_phone/],
    ['flags of a debtor', /FROM debtor_flags AS f/, /debtor_flags_by_phone/],
    ['slots that were cut short', /FROM schedule_slots WHERE outcome IS NULL/, /schedule_slots_open/],
    ['the newest slots', /FROM schedule_slots WHERE schedule = \? ORDER BY slot DESC/, /PRIMARY KEY/],
    ['unresolved attempts', /FROM attempts WHERE disposition IS NULL$/, /attempts_one_unresolved/],
    ['the newest attempts', /FROM attempts WHERE \(@campaign IS NULL/, /SCAN attempts$/],
    ['opt-outs', /SELECT a\.\* FROM opt_outs AS o JOIN .* WHERE o\.phone = \?/, /PRIMARY KEY/],
    ['consents', /1 AS standing FROM consents AS r WHERE r\.phone = \?/, /consents_by_phone/],
    ['a subscriber’s refusal', /1 AS standing FROM refusals AS r WHERE r\.phone = \?/, /refusals_by_phone/],
    [
      'registrations of a caller',
      /1 AS standing FROM registrations AS r WHERE r\.caller = \?/,
      /registrations_by_caller/,
    ],
    ['a page of past attempts', /FROM attempts AS a WHERE campaign = @campaign/, /attempts_by_campaign/],
    ['an agent’s past moves', /FROM journal WHERE subject = 'agent' AND id_of = @agent/, /journal_by_subject/],
    ['leads of a pass by their ids', /FROM leads WHERE id > \? AND id <= \? AND \+campaign/, /INTEGER PRIMARY KEY/],
    ['calls to a lead of late', /FROM lead_numbers AS n CROSS JOIN attempts AS a/, /PRIMARY KEY.*attempts_by_phone/],
    ['numbers of a lead that a pass may mend', /WHERE lead = \? AND closed >= 'A'/, /PRIMARY KEY/],
    ['a lead put back', /UPDATE leads SET state = 'callable'.*passes = passes \+ 1/, /INTEGER PRIMARY KEY/],
    [
      'a lead asked about again',
      /UPDATE leads SET state = 'callable'.*next_at = NULL, pass = @redial/,
      /INTEGER PRIMARY KEY/,
    ],
    [
      'planned leads of a pass',
      /FROM redial_leads AS r JOIN leads AS l/,
      /SEARCH r USING PRIMARY KEY.*INTEGER PRIMARY KEY/,
    ],
    [
      'attempts of a pass',
      /callback, disposition FROM attempts WHERE campaign = @campaign AND planned_at < @until/,
      /attempts_by_campaign/,
    ],
    [
      'words on talks of a pass',
      /FROM call_results WHERE campaign = @campaign AND at < @until/,
      /call_results_by_campaign/,
    ],
    ['answers of an hour', /count\(\*\) AS answers, .* AND answered_at < @until/, /attempts_answered/],
    ['an agent’s moves', /FROM journal WHERE subject = 'agent' AND id_of = \? AND id < \?/, /journal_by_subject/],
    ['leads of a pass forgotten', /DELETE FROM redial_leads/, /PRIMARY KEY/],
    ['a move of a lead', /UPDATE leads SET state = @state/, /INTEGER PRIMARY KEY/],
    ['a move of an attempt', /UPDATE attempts SET state = @state/, /PRIMARY KEY/],
    ['leads that a row may mend', /SELECT l\.id FROM lead_numbers AS n .*n\.phone = @phone/, /lead_numbers_by_phone/],
    [
      'numbers that a row may mend',
      /UPDATE lead_numbers SET closed = NULL WHERE phone = @phone/,
      /lead_numbers_by_phone/,
    ],
    ['numbers that a list may mend', /SELECT lead, place FROM lead_numbers WHERE campaign = \?/, /lead_numbers_closed/],
    ['numbers that a start may mend', /WHERE campaign = \? AND closed >= 'A' AND closed < '\['/, /lead_numbers_closed/],
    ['other numbers of a lead', /SELECT phone FROM lead_numbers WHERE lead = \?/, /PRIMARY KEY/],
    ['leads that a list may mend', /SELECT id FROM leads WHERE campaign = \? AND state = \?/, /leads_by_state/],
    [
      'a page of consents',
      /AS standing FROM consents AS r WHERE r\.id > \? .*EXISTS.* ORDER BY r\.id LIMIT/,
      /INTEGER PRIMARY KEY/,
    ],
    ['a page of opt-outs', /SELECT DISTINCT phone FROM opt_outs/, /PRIMARY KEY/],
    [
      'the result of a call',
      /FROM call_results WHERE attempt = \? ORDER BY id DESC LIMIT 1/,
      /call_results_by_attempt/,
    ],
    [
      'whether a lead has a later result',
      /FROM call_results WHERE lead = \? AND substr\(attempt/,
      /call_results_by_lead/,
    ],
    ['calls of a lead since', /FROM lead_numbers AS n JOIN attempts AS a ON .* n\.lead = @lead/, /attempts_by_phone/],
    ['a page of a list', /^SELECT phone FROM dnc_numbers WHERE phone > \? AND list/, /PRIMARY KEY/],
  ];
  for (const [what, sql, wanted] of hot) {
    const found = statements.filter((one) => sql.test(flat(one.sql)));
    t.equal(found.length, 1, `${what}: there is one such statement`);
    t.match(found[0]?.plan.join('; '), wanted, what);
    t.notMatch(found[0]?.plan.join('; '), /TEMP B-TREE/, `${what}: nothing is sorted`);
  }
});
