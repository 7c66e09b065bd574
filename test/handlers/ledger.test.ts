import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Config } from '../../lib/config.ts';
import { startAnchoring } from '../../lib/control/anchoring.ts';
import { phoneToInteger } from '../../lib/core/phone.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createStore } from '../../lib/store/store.ts';
import { verifyFiles } from '../../lib/store/verify-file.ts';
import { importRows, consentRow } from '../helpers/daemon.ts';
import { desk, number } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, login, memoryLog, NOON, serialIds, startCampaign } from '../helpers/rig.ts';
import { shortDir } from '../helpers/short-dir.ts';

/** A dialer with one lead called once; its ledger on the disk when a file is named. */
async function called(t: Test, plan: Parameters<typeof desk>[0] = {}, file?: string) {
  const dir = shortDir(t);
  const path = file === undefined ? ':memory:' : join(dir, file);
  const store = createStore(path, { newAttemptId: serialIds(), anchorsFile: join(dir, 'anchors') });
  t.teardown(() => store.close());
  const found = await desk(plan, { store });
  const { rig } = found;
  const phone = number('0001');
  addLead(store, rig.campaign.id, phone, NOON);
  addLead(store, rig.campaign.id, number('0002'), NOON, { consent: false });
  login(rig);
  await found.clock.advance(2_000);
  startCampaign(rig);
  return { ...found, dir, path, store, phone };
}

void t.test(
  'a person’s story has every verdict, what it rests on, and that each row fits the one before',
  async (t) => {
    const { ask, clock, phone } = await called(t);
    await clock.advance(60_000);
    await ask('optout.add', { phone, source: 'letter' });
    const story = await ask('person.story', { phone: '8 (916) 000-00-01' });
    t.equal(story.phone, phone);
    t.match(story.verdicts, [{ holds: true, isHis: true, verdict: { verdict: 'ALLOW', consents: [1] } }]);
    t.match(story.attempts, [{ disposition: 'talked', verdict: story.verdicts[0]?.id ?? 0 }]);
    t.match(story.leads, [{ state: 'opted-out' }]);
    t.match(story.numbers, [{ place: 1, phone: phoneToInteger(phone), next: 1 }]);
    t.match(story.consents, [{ id: 1, kinds: '["CALL","PD"]' }]);
    t.match(story.optOuts, [{ kind: 'opt-out', scope: 'global', source: 'letter' }]);
    t.match(story.registrations, [{ label: 'Test' }]);
    t.match(story.policies, [{ id: 'ru-default', files: [{ name: 'ru-default.json' }] }]);
    t.match(story.head, { signed: true });
    t.equal(
      (await ask('person.story', { phone: number('0002'), verdicts: 1 })).verdicts[0]?.verdict.code,
      'CONSENT_MISSING',
    );
    t.equal((await ask('person.story', { phone: number('0003') })).verdictCount, 0);
  },
);

void t.test(
  'an erased person: his call is hung up, nothing names him, the ledger is whole, he stays closed',
  async (t) => {
    const { ask, clock, rig, store, phone } = await called(t, {
      '0001': { kind: 'answer', ringMs: 1_000, talkMs: 600_000 },
    });
    await clock.until(() => [...rig.engine.floor.attempts.values()].some((run) => run.state === 'talking'), 30_000);
    store.commit(() =>
      store.journal.write({ at: NOON, subject: 'import', id: 'x', event: 'noted', data: { tel: phone } }),
    );
    const act = await ask('person.erase', { phone, reason: 'demand 17 of 20.11.2026', by: 'anna' });
    t.match(act, { by: 'anna', callsHungUp: 1, mentions: { journal: 1 }, search: { remains: 0 } });
    t.match(act.rows, { leads: 1, verdicts: 1, attempts: 1, consents: 1 });
    await clock.advance(60_000);
    t.equal(rig.engine.floor.attempts.size, 0);
    t.match(store.attempts.recent(null, null, 1), [{ phone: act.pseudonym, state: 'ended' }]);
    t.equal(store.leads.byId(1)?.state, 'opted-out');
    t.match((await ask('call.list', { limit: 1 })).calls, [{ phone: 'erased' }]);
    t.strictSame(rig.fatal, []);

    const { verdicts, erasure, leads } = await ask('person.story', { phone });
    t.equal(verdicts[0]?.isHis, true, 'who asks with the number finds what was decided');
    t.equal(erasure?.reason, 'demand 17 of 20.11.2026');
    t.match(leads, [{ name: null, vars: '{}', zone: null, state: 'opted-out' }]);

    for (const [kind, row] of [
      ['lead', { phone: '8 916 000 00 01' }],
      ['lead', { phone: '8 916 000 00 09, 8 916 000 00 01' }],
      ['consent', consentRow(phone)],
      ['optout', { phone }],
    ] as const) {
      const { rejected } = await importRows(ask, kind, [row]);
      t.match(rejected, [{ code: 'OPT_OUT_ERASED' }], kind);
    }
    const { codes } = await ask('gate.explain', { campaign: 'test', phone });
    t.ok(codes.length > 0);
    t.match(rig.store.journal.of('erasure', String(act.pseudonym)), [{ event: 'erased' }]);
  },
);

void t.test('a demand is done with the erasure; a file’s fate completes the act', async (t) => {
  const { ask, store, phone, dir } = await called(t);
  const file = join(dir, 'x.csv');
  await ask('file.written', { path: file, kind: 'export' });
  const act = await ask('person.erase', { phone, reason: 'demand', by: 'anna' });
  t.match(act.files, [{ path: file, outcome: 'not yet looked at' }]);
  const files = [{ path: file, kind: 'export', outcome: 'absent', records: 0, reason: null }] as const;
  t.match(await ask('person.files-cleaned', { phone, files }), { files: [{ outcome: 'absent' }] });
  t.strictSame(store.writtenFiles.all(), []);
});

void t.test('what cannot be erased is said', async (t) => {
  const { ask, phone } = await called(t);
  t.match(await rejection(ask('person.erase', { phone: '+74951234567', reason: 'x', by: 'y' })), {
    code: 'USAGE',
    message: /caller number of ours/,
  });
  t.match(await rejection(ask('person.erase', { phone, reason: `demand of ${phone}`, by: 'y' })), { code: 'USAGE' });
  const files = [{ path: '/x', kind: 'export', outcome: 'absent', records: 0, reason: null }] as const;
  t.match(await rejection(ask('person.files-cleaned', { phone, files })), { code: 'NOT_FOUND' });
});

void t.test('the ledger is anchored at the start, by the clock while it grows, and at the end', async (t) => {
  const { store, dir, path, clock } = await called(t, {}, 'obzvon.db');
  const anchors = join(dir, 'anchors');
  const own = createVirtualClock(NOON);
  const { log, lines } = memoryLog();
  const config = () => ({ ledger: { everyMin: 60 } }) as Config;
  const stop = startAnchoring({ store, clock: own, log, config });
  const written = () => readFileSync(anchors, 'utf8').trim().split('\n');
  t.equal(written().length, 1);
  await own.advance(3_600_000);
  t.equal(written().length, 1, 'it has not grown');
  await clock.advance(60_000);
  await own.advance(3_600_000);
  t.equal(written().length, 2);
  stop();
  t.match(lines.filter(({ msg }) => msg === 'ledger anchored').length, 2);
  t.equal(statSync(anchors).mode & 0o777 & 0o137, 0, 'nobody else’s to write');
  const files = { database: path, key: `${path}.key`, anchors };
  t.match(verifyFiles(files), { ok: true, anchors: 2 });
  writeFileSync(anchors, readFileSync(anchors, 'utf8').replace(/ 2 /, ' 1 '));
  t.match(verifyFiles(files).faults[0], { where: 'anchor 2', found: /not signed/ });
});
