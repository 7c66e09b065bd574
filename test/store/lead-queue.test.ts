import t from 'tap';
import { mixOf } from '../../lib/core/mix.ts';
import { moveOn, plainQueue, type LeadQueue } from '../../lib/store/lead-queue.ts';
import { number } from '../helpers/desk.ts';
import { addLead, NOON } from '../helpers/rig.ts';
import { createRooms, request, runningCampaign, type Rooms } from '../helpers/rooms.ts';

const ZONES = ['Europe/Moscow', 'Asia/Yekaterinburg', 'Asia/Vladivostok'];

function add(
  rooms: Rooms,
  campaign: number,
  n: number,
  segment: number,
  more: Parameters<typeof addLead>[4] = {},
): number {
  const phone = number(String(n).padStart(4, '0'));
  addLead(rooms, campaign, phone, NOON, more);
  const id = rooms.leads.find(campaign, phone)?.id ?? 0;
  rooms.segments.file(id, segment);
  return id;
}

function queueOf(shares: Readonly<Record<number, number>>, more: Partial<LeadQueue> = {}): LeadQueue {
  const parts = Object.entries(shares).map(([segment, share]) => ({ segment: Number(segment), share }));
  return { parts, mix: mixOf(parts), samples: 0, ...more };
}

void t.test('calls are mixed by the shares of the segments, due leads of one before its fresh ones', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  for (let n = 1; n <= 30; n += 1) add(rooms, campaign, n, n % 3);
  rooms.leads.setState(28, 'waiting', { nextAt: NOON - 1 }, NOON);
  const queue = queueOf({ 1: 2, 2: 1 });
  const found = rooms.leads.ready(campaign, NOON, 9, queue);
  t.same(
    found.map(({ segment }) => segment),
    [1, 2, 1, 1, 2, 1, 1, 2, 1],
  );
  t.equal(found[0]?.id, 28);
  t.equal(rooms.leads.ready(campaign, NOON, 99, queue).length, 20, 'leads of no segment are not asked for');
});

void t.test('only an allowed call moves the mix on: refused leads cost their segment nothing', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  for (let n = 1; n <= 20; n += 1) add(rooms, campaign, n, 1 + (n % 2), { consent: n % 2 === 0 });
  const queue = queueOf({ 1: 1, 2: 1 });
  const { allowed, refused } = rooms.gate.ask(request(campaign, { queue, want: 6 }));
  t.equal(allowed.length, 6);
  t.ok(allowed.every(({ lead }) => lead.segment === 1));
  t.ok(refused.every(({ lead }) => lead.segment === 2));
  t.ok(refused.length >= 5, 'the other segment had its turns');
  t.equal(rooms.leads.ready(campaign, NOON, 1, queue)[0]?.segment, 2, 'and is next');
});

void t.test('over many calls of few each, the mix goes on where it was', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  for (let n = 1; n <= 60; n += 1) add(rooms, campaign, n, n % 2);
  const queue = queueOf({ 1: 3, 0: 1 });
  const called: number[] = [];
  for (let call = 0; call < 24; call += 1) {
    called.push(...rooms.gate.ask(request(campaign, { queue, want: 1 })).allowed.map(({ lead }) => lead.segment));
  }
  t.equal(called.filter((segment) => segment === 1).length, 18);
  moveOn(queue, 99);
  t.equal(called.length, 24);
});

void t.test('higher priority goes first among due leads as among fresh ones', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  for (let n = 1; n <= 6; n += 1) add(rooms, campaign, n, 0, { priority: n % 3 });
  for (const id of [1, 2, 3]) rooms.leads.setState(id, 'waiting', { nextAt: NOON - id }, NOON);
  t.same(
    rooms.leads.ready(campaign, NOON, 9, plainQueue()).map(({ id }) => id),
    [2, 1, 3, 5, 4, 6],
  );
});

void t.test('a preference is heard over the whole of a base sorted by region, after priority', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  for (let n = 1; n <= 900; n += 1) {
    add(rooms, campaign, n, 0, { zone: ZONES[Math.floor((n - 1) / 300)] ?? null, consent: false });
  }
  const queue = queueOf({ 0: 1 }, { preference: ({ zone }) => ZONES.indexOf(zone ?? '') });
  const zones = rooms.leads.ready(campaign, NOON, 20, queue).map(({ zone }) => zone);
  t.same(new Set(zones), new Set(['Asia/Vladivostok']));
  const first = rooms.leads.ready(campaign, NOON, 20, { ...queue, samples: 7 })[0]?.id;
  t.equal(
    rooms.leads.ready(campaign, NOON, 20, { ...queue, samples: 7 })[0]?.id,
    first,
    'the same sample for the same number',
  );
  add(rooms, campaign, 901, 0, { zone: 'Europe/Moscow', priority: 1 });
  t.equal(rooms.leads.ready(campaign, NOON, 1, queue)[0]?.id, 901);
  for (let id = 1; id <= 300; id += 1) rooms.leads.setState(id, 'waiting', { nextAt: NOON - 1000 + id }, NOON);
  rooms.leads.setState(901, 'done', {}, NOON);
  t.equal(
    rooms.leads.ready(campaign, NOON, 1, queue)[0]?.zone,
    'Asia/Vladivostok',
    'who is due does not stand before all',
  );
  t.equal(rooms.leads.ready(campaign, NOON, 901, queue).length, 900, 'a census sees all');
});
