import t from 'tap';
import { desk, number } from '../helpers/desk.ts';
import { addLead, login, NOON, startCampaign } from '../helpers/rig.ts';

void t.test('answers are counted by the callee’s own hour of the week, with the outcome', async (t) => {
  const it = await desk({
    '0002': { kind: 'ring' },
    '0003': { kind: 'refuse', afterMs: 500, rings: false, cause: 17, sipCode: 486 },
  });
  const { store, campaign } = it.rig;
  addLead(store, campaign.id, number('0001'), NOON, { zone: 'Asia/Yekaterinburg' });
  addLead(store, campaign.id, number('0002'), NOON);
  addLead(store, campaign.id, number('0003'), NOON);
  login(it.rig);
  await it.clock.until(it.rig.crewReady, 60_000);
  startCampaign(it.rig);
  await it.clock.until(
    () =>
      store.reports.dispositions(campaign.id).every(({ disposition }) => disposition !== null) &&
      campaign.attempts.size === 0,
    300_000,
  );
  await it.clock.until(
    () => store.leads.counts(campaign.id).every(({ state }) => state !== 'callable' && state !== 'dialing'),
    300_000,
  );
  // Wednesday; noon in Moscow is two in the afternoon in Yekaterinburg. Busy says nothing of who is there.
  t.same(store.answerHours.of(campaign.id), [
    { hour: 2 * 24 + 12, attempts: 1, answered: 0 },
    { hour: 2 * 24 + 14, attempts: 1, answered: 1 },
  ]);
});

void t.test(
  'with bestHour those go first in whose hour the base answers best; without, as the base stands',
  async (t) => {
    for (const bestHour of [false, true]) {
      const it = await desk({}, { spec: { bestHour } });
      const { store, campaign } = it.rig;
      for (let n = 1; n <= 40; n += 1) {
        addLead(store, campaign.id, number(String(n).padStart(4, '0')), NOON, {
          zone: n <= 20 ? 'Europe/Moscow' : 'Asia/Omsk',
        });
      }
      // In Omsk it is three in the afternoon.
      for (let call = 0; call < 300; call += 1) {
        store.answerHours.add(campaign.id, 2 * 24 + 12, call % 10 === 0);
        store.answerHours.add(campaign.id, 2 * 24 + 15, call % 2 === 0);
      }
      const zones = store.leads.ready(campaign.id, NOON, 10, campaign.queue).map(({ zone }) => zone);
      t.same(new Set(zones), new Set([bestHour ? 'Asia/Omsk' : 'Europe/Moscow']), `bestHour: ${bestHour}`);
    }
  },
);
