import { statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { call } from '../../lib/control/client.ts';
import { runCli } from '../helpers/cli.ts';
import { allDayPack, prepareCampaign, simulatedConfig, startDaemon } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { rejection } from '../helpers/rejection.ts';
import { shortDir } from '../helpers/short-dir.ts';

const PHONE = '+79167771300';

void t.test('the daemon opens a door for each role its config names, and records who changed what', async (t) => {
  const dir = shortDir(t, {
    'config.yaml': simulatedConfig({
      more: 'sockets:\n  lead: { mode: "0620" }\n  qa: { path: quality.sock }\n  read: {}\n',
    }),
    'policy.json': allDayPack(),
  });
  const daemon = startDaemon(t, dir);
  await daemon.dialing();
  t.equal(statSync(join(dir, 'lead.sock')).mode & 0o777, 0o620);
  t.equal(statSync(join(dir, 'quality.sock')).mode & 0o777, 0o660);
  await prepareCampaign(daemon.ask, [PHONE]);

  const config = ['--config', join(dir, 'config.yaml')];
  const env = { SUDO_USER: 'petrov' };
  const as = (role: string, ...argv: string[]) => runCli([...config, '--as', role, ...argv], { env });
  t.match(await as('read', 'optout', 'add', PHONE, '--source', 'letter'), { exit: 0, out: /\+7916\*\*\*1300/ });
  t.match(await as('read', 'optout', 'lift', PHONE, '--evidence', 'letter 7'), { exit: 4, err: /is for ops, qa/ });
  t.match(await as('lead', 'optout', 'lift', PHONE, '--evidence', 'letter 7'), { exit: 4 });
  t.match(await as('lead', 'campaign', 'stop', 'test'), { exit: 1 });
  t.match(await as('qa', 'optout', 'lift', PHONE, '--evidence', 'letter 7'), { exit: 0, out: /\+79167771300/ });
  t.match(await rejection(call(join(dir, 'read.sock'), 'reload', {})), { code: 'ROLE_DENIED' });

  const { out } = await as('qa', 'audit', 'list', '--limit', '3', '--json');
  t.match(JSON.parse(out), {
    rows: [
      { role: 'qa', claims: 'petrov', command: 'optout.lift', result: 'ok' },
      { role: 'lead', command: 'campaign.stop', result: 'MOVE_REFUSED', args: { name: 'test' } },
      { role: 'read', command: 'optout.add', result: 'ok', args: { phone: { subject: /^[\w-]{43}$/ } } },
    ],
  });
  t.notMatch(out, /7771300/, 'no number stands there in clear');
  t.match(await as('read', 'audit', 'list'), { exit: 4 });
  t.match(await as('read', 'ledger', 'verify'), { exit: 0, out: /whole/ });
  t.match(daemon.lines().filter(({ msg }) => msg === 'command refused to this role').length, 4);

  unlinkSync(join(dir, 'lead.sock'));
  t.match(await as('lead', 'status'), { exit: 3 });
  daemon.kill('SIGTERM');
  await daemon.exited();
  await eventually(
    'the doors are gone',
    () => statSync(join(dir, 'read.sock'), { throwIfNoEntry: false }) === undefined,
  );
});
