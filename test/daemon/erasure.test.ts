import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runCli } from '../helpers/cli.ts';
import { allDayPack, importRows, loginAll, prepareCampaign, simulatedConfig, startDaemon } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { shortDir } from '../helpers/short-dir.ts';

const PHONE = '+79167771342';
const OTHERS = Array.from({ length: 40 }, (_, i) => `+79167772${String(100 + i)}`);
const DIGITS = PHONE.slice(2);

/** Where a file holds the number: its digits with nothing, or anything that is no digit or letter, between; SQLite's integer. */
function holds(bytes: Buffer): boolean {
  const integer = Buffer.alloc(6);
  integer.writeUIntBE(Number(PHONE.slice(1)), 0, 6);
  const spelled = new RegExp([...DIGITS].join('[^0-9A-Za-z]{0,6}'));
  return bytes.includes(integer) || spelled.test(bytes.toString('latin1'));
}

void t.test('a person erased on a running daemon: no file of it holds the number, the ledger verifies', async (t) => {
  const dir = shortDir(t, {
    'config.yaml': `${simulatedConfig({ agents: 12 })}keyFile: own.key\nledger: { anchors: own.anchors }\nlog: { level: debug }\n`,
    'policy.json': allDayPack(),
  });
  const daemon = startDaemon(t, dir);
  await daemon.dialing();
  const cli = (...argv: string[]) => runCli(['--socket', join(dir, 'control.sock'), ...argv]);
  await prepareCampaign(daemon.ask, [PHONE, ...OTHERS]);
  await importRows(daemon.ask, 'lead', [{ phone: OTHERS[0] ?? '', name: `husband of 8 (916) 777-13-42` }], {
    list: 'more.csv',
  });
  await loginAll(daemon.ask);
  await daemon.ask('campaign.start', { name: 'test' });
  await eventually(
    'he was called',
    async () => (await daemon.ask('person.story', { phone: PHONE })).attempts.length > 0,
  );
  await daemon.ask('optout.add', { phone: PHONE, source: 'mail', note: `wrote from 8 916 777-13-42` });

  const page = join(dir, 'story.html');
  t.match(await cli('ledger', 'export', '--phone', PHONE, '--html', page), { exit: 0, out: /verdicts/ });
  const html = readFileSync(page, 'utf8');
  t.match(html, /Решения \/ Verdicts/);
  t.notMatch(html, /<script|src=|href=/);
  const rejects = join(dir, 'leads.csv.rejects.csv');
  writeFileSync(rejects, `phone;reason\r\n8 (916) 777-13-42;x\r\n${OTHERS[0] ?? ''};y\r\n`);
  await daemon.ask('file.written', { path: rejects, kind: 'rejects' });

  // The check a lawyer can do by hand.
  const { verdicts } = await daemon.ask('person.story', { phone: PHONE });
  for (const { previousHash, id, body, hash } of verdicts) {
    const sum = execFileSync('sha256sum', { input: `${previousHash}\n${id}\n${body}`, encoding: 'utf8' });
    t.equal(sum.split(' ')[0], hash);
  }

  t.match(await cli('lead', 'why', PHONE), { exit: 0, out: /opt-out +\d{4}-.+global.+mail/ });
  t.match(await cli('lead', 'erase', PHONE, '--reason', 'demand 5'), { exit: 10, out: /nothing was erased/ });
  const erased = await cli('lead', 'erase', '8 (916) 777-13-42', '--reason', 'demand 5', '--yes');
  t.match(erased, { exit: 0, out: /number found +nowhere/ }, erased.out + erased.err);
  t.match(erased.out, /story\.html +story +removed/);
  t.match(erased.out, /rejects\.csv +rejects +cleaned +1/);

  t.match(await cli('ledger', 'verify'), { exit: 0, out: /ledger +whole/ });
  t.match(await cli('lead', 'why', PHONE), { exit: 0, out: /erased/ });
  await eventually('his call is over', async () =>
    (await daemon.ask('person.story', { phone: PHONE })).attempts.every((row) => row['disposition'] !== null),
  );
  t.match(await cli('ledger', 'anchor'), { exit: 0, out: /own\.anchors/ });
  daemon.kill('SIGTERM');
  daemon.kill('SIGTERM');
  await daemon.exited();

  for (const name of readdirSync(dir)) t.notOk(holds(readFileSync(join(dir, name))), name);
  t.notOk(holds(Buffer.from(daemon.out() + daemon.err())), 'the log');
  t.ok(holds(Buffer.from('x 8 (916) 777-13-42')), 'the search itself finds');
  t.notOk(existsSync(page));

  const files = ['--database', join(dir, 'obzvon.db'), '--key', join(dir, 'own.key')];
  const anchors = ['--anchors', join(dir, 'own.anchors')];
  t.match(await cli('ledger', 'verify', ...files, ...anchors), { exit: 0, out: /anchors +\d+ in/ });
  t.match(await cli('ledger', 'verify', ...files, '--anchors', join(dir, 'none')), { exit: 1, err: /no anchors file/ });
  writeFileSync(join(dir, 'wrong.key'), `${'0'.repeat(64)}\n`);
  t.match(await cli('ledger', 'verify', ...files.slice(0, 3), join(dir, 'wrong.key')), {
    exit: 1,
    err: /another installation key/,
  });
  const lines = readFileSync(join(dir, 'own.anchors'), 'utf8').replaceAll('0', '1');
  writeFileSync(join(dir, 'own.anchors'), lines);
  const broken = await cli('ledger', 'verify', ...files, ...anchors);
  t.match(broken, { exit: 1, out: /NOT WHOLE/ });
  t.match(broken.out, /first fault +anchor 1: it is not signed/);
});
