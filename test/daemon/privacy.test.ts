import t from 'tap';
import { importRows, loginAll, prepareCampaign, simulatedConfig, allDayPack, startDaemon } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { FAKE_SECRET, FAKE_USER } from '../helpers/fake-ari.ts';
import { fakeExchange } from '../helpers/fake-exchange.ts';
import { rejection } from '../helpers/rejection.ts';
import { shortDir } from '../helpers/short-dir.ts';

/** Canaries: numbers whose middle digits no masked text, time or id can hold by chance. */
const PHONES = Array.from({ length: 12 }, (_, i) => `+7916777${String(1300 + i)}`);
const OUTSIDER = '+79167771399';

/** What of the numbers stands in a log: any six digits in a row of the subscriber's part. */
function leaks(log: string): string[] {
  return log.split('\n').filter((line) => /(?:916)?7771?3\d|16777\d|6777\d{2}/.test(line.replace(/[ ()-]/g, '')));
}

void t.test('a whole run at level debug never writes a phone unmasked', async (t) => {
  const dir = shortDir(t, {
    'config.yaml': simulatedConfig({ agents: 12, more: 'log: { level: debug }\n' }),
    'policy.json': allDayPack(),
  });
  const daemon = startDaemon(t, dir);
  await daemon.dialing();
  await prepareCampaign(daemon.ask, PHONES);
  await importRows(daemon.ask, 'lead', [{ phone: `${OUTSIDER} доб. 5` }, { phone: `8 (916) 777-13-9` }]);
  await importRows(daemon.ask, 'optout', [{ phone: PHONES[0] ?? '' }]);
  await daemon.ask('optout.add', { phone: OUTSIDER, source: 'letter', note: `wrote from ${OUTSIDER}` });
  await rejection(daemon.ask('optout.add', { phone: `${OUTSIDER},${OUTSIDER}`, source: 'letter' }));
  await rejection(daemon.ask('gate.explain', { campaign: 'none', phone: OUTSIDER }));
  await rejection(daemon.ask('call.show', { id: OUTSIDER }));
  await rejection(daemon.ask('agent.login', { id: OUTSIDER, ready: true }));
  await loginAll(daemon.ask);
  await daemon.ask('campaign.start', { name: 'test' });
  await eventually('some calls have ended', async () => {
    return (await daemon.ask('call.list', { state: 'ended', limit: 100 })).calls.length >= 3;
  });
  daemon.kill('SIGTERM');
  daemon.kill('SIGTERM');
  await eventually('draining', () => daemon.out().includes('draining'));
  daemon.kill('SIGTERM');
  await daemon.exited();
  t.ok(daemon.out().includes('+7916***13'), 'phones are there, masked');
  t.ok(daemon.lines().some(({ msg }) => msg === 'opt-out recorded'));
  t.strictSame(leaks(daemon.out() + daemon.err()), []);
  t.notMatch(daemon.out(), /4951234567/, 'nor the caller number');
});

void t.test('what Asterisk says of a number is masked before it is logged', async (t) => {
  const { daemon, ari, agentUp } = await fakeExchange(t, { config: (text) => `${text}log: { level: trace }\n` });
  const [phone = ''] = PHONES;
  ari.answer(/^POST \/ari\/channels\/at-/, {
    status: 400,
    body: { message: `cannot dial PJSIP/${phone}@pstn for ${phone.slice(1)}` },
  });
  await prepareCampaign(daemon.ask, [phone]);
  await agentUp('a1');
  await daemon.ask('campaign.start', { name: 'test' });
  const line = await daemon.logged('originate failed');
  t.match(line, { level: 'warn', reason: /cannot dial PJSIP\/\+7916\*\*\*1300@pstn for \+7916\*\*\*1300/ });
  t.strictSame(leaks(daemon.out()), []);
});

void t.test('secrets are never in the log, right or wrong, at level trace', async (t) => {
  const { daemon, ari, agentUp } = await fakeExchange(t, { config: (text) => `${text}log: { level: trace }\n` });
  await agentUp('a1');
  ari.secret = 'changed-on-the-other-side';
  ari.cut();
  await eventually('the new secret is missed', async () => {
    const { pbx } = await daemon.ask('status', {});
    return pbx.alarms.length > 0 || /refuses ARI user/.test(pbx.reason ?? '');
  });
  daemon.kill('SIGTERM');
  await daemon.exited();
  const log = daemon.out() + daemon.err();
  t.ok(log.includes('ARI is down'));
  t.notMatch(log, new RegExp(FAKE_SECRET));
  t.notOk(log.includes(Buffer.from(`${FAKE_USER}:${FAKE_SECRET}`).toString('base64')), 'nor as a header');
});
