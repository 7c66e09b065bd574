import t from 'tap';
import { CALLS_BACK } from '../../asterisk/testbed/behaviours.ts';
import { startTestbed } from '../../asterisk/testbed/start.ts';
import { bedFiles, campaignText, loginAll, prepareCampaign, startDaemon } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { CALLER } from '../helpers/rig.ts';
import { shortDir } from '../helpers/short-dir.ts';

void t.test(
  'on a real Asterisk who rings back talks to a free agent, over kill -9 of the daemon, and his opt-out digit holds',
  { timeout: 110_000 },
  async (t) => {
    const bed = await startTestbed({ agents: 1 });
    t.teardown(() => bed.stop());
    const dir = shortDir(t, bedFiles(bed));
    let daemon = startDaemon(t, dir);
    await daemon.dialing();
    const text = campaignText({ more: 'optOutMessage: sound:beep' });
    await prepareCampaign(daemon.ask, [CALLS_BACK], text);
    await loginAll(daemon.ask);

    const agent = async () => (await daemon.ask('agent.list', {})).agents[0];
    const agentIs = (state: string) =>
      eventually(`the agent is ${state}`, async () => (await agent())?.state === state);
    const inBridge = async (): Promise<number> => {
      const channels = (await bed.pbx.rx('bridge show all')).split('\n').find((line) => line.startsWith('br-'));
      return Number(/\s(\d+)\s/.exec(channels ?? '')?.[1] ?? 0);
    };
    const leads = async () => (await daemon.ask('campaign.show', { name: 'test' })).leads;

    await bed.pstn.callIn(CALLER);
    await agentIs('talking');
    await eventually('they are in one bridge', async () => (await inBridge()) === 2);
    const call = (await agent())?.attempt;
    t.match(call, /^in-/);

    daemon.kill('SIGKILL');
    await daemon.exited();
    t.equal(await inBridge(), 2, 'the talk goes on without a daemon');
    daemon = startDaemon(t, dir);
    await daemon.dialing();
    t.match(await agent(), { state: 'talking', attempt: call }, 'and with the next one');
    t.match(await daemon.ask('agent.result', { id: 'a1', code: 'interested', source: 'cli' }), {
      attempt: call,
      lead: 'done',
    });
    await eventually('he hangs up', () => bed.pstn.hangUpPhone('caller'));
    await agentIs('available');
    t.equal(await inBridge(), 1, 'the agent’s leg stays');
    t.match(await leads(), { done: 1 });

    await bed.pstn.callIn(CALLER);
    await agentIs('talking');
    await bed.pstn.pressPhone('caller', '9');
    await eventually('his opt-out is written', async () => {
      return (await daemon.ask('optout.show', { phone: CALLS_BACK })).optOut !== null;
    });
    await agentIs('available');
    t.equal(await inBridge(), 1, 'he heard its confirmation and was let go');
    t.match(await leads(), { 'opted-out': 1 });
    t.equal((await daemon.ask('call.list', { campaign: 'test', limit: 9 })).calls.length, 0, 'nobody was called');
  },
);
