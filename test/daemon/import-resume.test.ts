import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { allDayPack, campaignText, simulatedConfig, startDaemon } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { shortDir } from '../helpers/short-dir.ts';

const ENTRY = fileURLToPath(new URL('../../bin/obzvon.mjs', import.meta.url));
const ROWS = 20_000;
const WRONG_EACH = 50;

/** A base in which each fiftieth row has no number, and each hundred-and-first the number before it. */
function base(rows: number): { text: string; wrong: string[]; twice: number } {
  const wrong: string[] = [];
  let twice = 0;
  const lines = Array.from({ length: rows }, (_, i) => {
    if (i % WRONG_EACH === 7) {
      wrong.push(`нет номера;"строка; ${i}"`);
      return wrong.at(-1);
    }
    if (i % 101 === 100 && (i - 1) % WRONG_EACH !== 7) {
      twice += 1;
      return `8916${String(i - 1).padStart(7, '0')};ещё раз`;
    }
    return `+7916${String(i).padStart(7, '0')};Имя`;
  });
  return { text: `phone;name\n${lines.join('\n')}\n`, wrong, twice };
}

function command(t: Test, dir: string, argv: readonly string[]) {
  const child = spawn(process.execPath, [ENTRY, '--socket', join(dir, 'control.sock'), '--json', ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }));
  t.teardown(() => void child.kill('SIGKILL'));
  return { kill: () => void child.kill('SIGKILL'), ended };
}

void t.test('an import goes on after its command was killed, and after the daemon was', async (t) => {
  const { text, wrong, twice } = base(ROWS);
  const dir = shortDir(t, {
    'config.yaml': simulatedConfig(),
    'policy.json': allDayPack(),
    'base.csv': text,
  });
  const file = join(dir, 'base.csv');
  const argv = ['lead', 'import', file, '--campaign', 'test'];
  let daemon = startDaemon(t, dir);
  await daemon.dialing();
  await daemon.ask('campaign.apply', { text: campaignText(), file: 'test.yaml' });
  const leads = async (): Promise<number> => (await daemon.ask('campaign.show', { name: 'test' })).leads.total;

  const first = command(t, dir, argv);
  await eventually('some thousand leads are in', async () => (await leads()) > 2_000);
  first.kill();
  await first.ended;
  const before = await leads();
  t.ok(before < ROWS - wrong.length - twice, `killed at ${before}`);

  const second = command(t, dir, argv);
  await eventually('some thousand more', async () => (await leads()) > before + 2_000);
  daemon.kill('SIGKILL');
  t.match(await second.ended, { code: 3, err: /goes on from there/ });
  await daemon.exited();

  daemon = startDaemon(t, dir);
  await daemon.dialing();
  const middle = await leads();
  t.ok(middle >= before + 2_000 && middle < ROWS - wrong.length - twice, `the daemon died at ${middle}`);
  const third = await command(t, dir, argv).ended;
  t.match(JSON.parse(third.out), {
    read: ROWS,
    accepted: ROWS - wrong.length - twice,
    duplicate: twice,
    rejected: wrong.length,
  });
  t.equal(third.code, 5);
  t.equal(await leads(), ROWS - wrong.length - twice);
  const rejects = readFileSync(`${file}.rejects.csv`, 'utf8').trim().split('\r\n').slice(1);
  t.strictSame(
    rejects.map((line) => line.slice(line.indexOf('нет номера'))),
    wrong,
    'each wrong row once, in its order and its own letters',
  );

  const fourth = await command(t, dir, argv).ended;
  t.match(JSON.parse(fourth.out), { read: ROWS, accepted: 0, duplicate: ROWS - wrong.length, rejected: wrong.length });
});

void t.test('a set of opt-outs goes on after its command was killed', async (t) => {
  const rows = 200_000;
  const { text, wrong, twice } = base(rows);
  const dir = shortDir(t, { 'config.yaml': simulatedConfig(), 'policy.json': allDayPack(), 'base.csv': text });
  const argv = ['optout', 'import', join(dir, 'base.csv')];
  const daemon = startDaemon(t, dir);
  await daemon.dialing();
  const isIn = async (i: number): Promise<boolean> =>
    (await daemon.ask('optout.show', { phone: `+7916${String(i).padStart(7, '0')}` })).optOut !== null;
  const first = command(t, dir, argv);
  await eventually('the first numbers are in', () => isIn(20_000));
  first.kill();
  await first.ended;
  t.notOk(await isIn(rows - 1), 'the last number is not in yet');
  const second = await command(t, dir, argv).ended;
  t.match(JSON.parse(second.out), {
    read: rows,
    accepted: rows - wrong.length - twice,
    duplicate: twice,
    rejected: wrong.length,
  });
  t.ok(await isIn(rows - 1));
  t.ok(existsSync(`${join(dir, 'base.csv')}.rejects.csv`));
});
