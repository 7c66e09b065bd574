import t from 'tap';
import { BEHAVIOURS, numberFor, type BehaviourName } from '../../asterisk/testbed/behaviours.ts';
import type { Phone } from '../../lib/core/phone.ts';
import { partAt } from '../../lib/core/week-parts.ts';
import { systemClock } from '../../lib/clock.ts';
import { markAttempt } from '../../lib/dialer/attempt-run.ts';
import type { AgentId } from '../../lib/dialer/pbx.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import { adapterTo, startTestbed, until } from '../helpers/live.ts';
import { openAllHours } from '../helpers/policy.ts';
import { addLead, buildRig, login, phoneOf, startCampaign } from '../helpers/rig.ts';

const AGENTS = 10;
const MINUTE_MS = 60_000;

/** What follows on a real Asterisk for a lead whose second number is somebody who answers and talks. */
interface Follows {
  readonly state: string;
  /** Of the number to be called next. */
  readonly place: number;
  /** Charged to the lead; to its first number. */
  readonly charged: readonly [lead: number, first: number];
  /** Why the first number is called no more. */
  readonly closed?: string;
  /** When it is due again, minutes after the end. */
  readonly dueMin?: number;
  /** In another part of the week, at least `dueMin` later. */
  readonly otherHours?: true;
}

const DONE: Follows = { state: 'done', place: 1, charged: [1, 1] };
/** Called on the second number at once, where somebody talks. */
const closedAs = (closed: string): Follows => ({ state: 'done', place: 2, charged: [2, 1], closed });
const NO_ANSWER: Follows = { state: 'waiting', place: 2, charged: [1, 1], dueMin: 180, otherHours: true };

const FOLLOWS: Readonly<Record<Exclude<BehaviourName, 'mix'>, Follows>> = {
  human: DONE,
  'human-stays': DONE,
  'human-drops': { state: 'promised', place: 1, charged: [1, 1], dueMin: 15 },
  'human-late': DONE,
  'human-opts-out': { state: 'opted-out', place: 1, charged: [1, 1] },
  machine: { state: 'waiting', place: 1, charged: [1, 1], dueMin: 180, otherHours: true },
  'early-human': DONE,
  'early-no-answer': NO_ANSWER,
  'no-answer': NO_ANSWER,
  busy: { state: 'waiting', place: 1, charged: [1, 1], dueMin: 15 },
  unavailable: { state: 'waiting', place: 2, charged: [1, 1], dueMin: 120 },
  declined: closedAs('declined'),
  changed: closedAs('invalid-number'),
  forbidden: closedAs('declined'),
  unallocated: closedAs('unallocated'),
  incomplete: closedAs('invalid-number'),
  congestion: { state: 'waiting', place: 1, charged: [0, 0], dueMin: 5 },
  unwanted: DONE,
  rejected: closedAs('blocked'),
};

void t.test(
  'on a real Asterisk each callee behaviour gives its outcome, and the lead’s next step by its rule',
  async (t) => {
    const testbed = await startTestbed({ agents: AGENTS });
    t.teardown(() => testbed.stop());
    const { pbx } = adapterTo(testbed);
    const rig = buildRig({
      clock: systemClock,
      pbx,
      agents: AGENTS,
      policy: openAllHours,
      spec: { ends: 'pass', ringTimeoutS: 8, wrapUpS: 0 },
    });
    await rig.engine.start();
    t.teardown(() => rig.engine.stop());
    const names = (Object.keys(BEHAVIOURS) as BehaviourName[]).filter((name) => BEHAVIOURS[name].expect !== null);
    const phones = new Map<BehaviourName, Phone>(
      names.map((name, serial) => {
        // The last moment: the ring time-out is 8 s.
        const ringMs = name === 'human-late' ? 7_500 : 500;
        return [name, phoneOf(numberFor(name, { ringMs, talkS: 4, serial }))] as const;
      }),
    );
    for (const [serial, phone] of [...phones.values()].entries()) {
      const others = [phoneOf(numberFor('human', { ringMs: 500, talkS: 1, serial: 500 + serial }))];
      addLead(rig.store, rig.campaign.id, phone, systemClock.now(), { others });
    }
    await until('the engine reconciled', () => rig.engine.floor.holds.size === 0, 10_000);
    login(rig);
    await until('agents ready', rig.crewReady, 10_000);
    startCampaign(rig);
    // What an agent hears who is connected with a machine: a greeting, and nobody there.
    const machine = () => [...rig.engine.floor.attempts.values()].find(({ phone }) => phone === phones.get('machine'));
    const marked = until('the machine is talking', () => machine()?.bridgedAt != null, 60_000).then(() => {
      const run = machine();
      return run !== undefined && markAttempt(rig.engine.floor, run, 'machine');
    });
    // A callee who never hangs up is let go by the agent.
    const stays = phones.get('human-stays');
    const rowOf = (name: BehaviourName) => {
      const phone = phones.get(name);
      return phone === undefined ? undefined : rig.store.attempts.ofPhone(phone, 1)[0];
    };
    await until('the one who stays is talking', () => rowOf('human-stays')?.state === 'talking', 30_000);
    t.ok(stays !== undefined);
    t.ok(await marked, 'the machine is marked');
    await testbed.pstn.hangUpPhone(testbed.agents[Number(rowOf('human-stays')?.agent?.slice(1)) - 1]?.id ?? 'nobody');
    // Whoever is owed a call keeps the campaign going.
    const { leads } = rig.store;
    const isQuiet = () =>
      rig.campaign.attempts.size === 0 &&
      leads.ready(rig.campaign.id, systemClock.now(), 1, rig.campaign.queue).length === 0;
    await until('every call is over', isQuiet, 90_000);

    for (const name of names) {
      const row = rowOf(name);
      const { expect } = BEHAVIOURS[name];
      // Who drops in the moment of answering may or may not have met an agent: both are booked.
      const wanted = name === 'machine' ? 'machine' : expect?.disposition;
      const disposition = name === 'human-drops' && row?.disposition === 'talked' ? 'abandoned' : row?.disposition;
      t.strictSame(
        { disposition, cause: row?.cause, sipCode: row?.sip_code },
        { disposition: wanted, cause: expect?.cause, sipCode: expect?.sipCode },
        name,
      );
      if (name === 'mix' || row === undefined) continue;
      const follows = name === 'human-drops' && row.disposition === 'talked' ? DONE : FOLLOWS[name];
      const lead = rig.store.leads.byPhone(phones.get(name) ?? phoneOf(''))[0];
      const [first] = rig.store.leads.numbersOf(lead?.id ?? 0);
      t.strictSame(
        { state: lead?.state, place: lead?.place, charged: [lead?.attempts, first?.attempts], closed: first?.closed },
        { state: follows.state, place: follows.place, charged: follows.charged, closed: follows.closed ?? null },
        `${name}: the lead`,
      );
      const dueAt = lead?.next_at ?? rig.store.callbacks.openOf(lead?.id ?? 0)?.dueAt ?? null;
      if (follows.dueMin === undefined || dueAt === null) {
        t.equal(dueAt, follows.dueMin ?? null, `${name}: not due again`);
        continue;
      }
      // Its end is booked some milliseconds after it happened.
      const waitedMin = (dueAt - (row.ended_at ?? 0)) / MINUTE_MS;
      const inTime = follows.otherHours === true ? waitedMin >= follows.dueMin : waitedMin - follows.dueMin < 0.1;
      t.ok(inTime && waitedMin >= follows.dueMin, `${name}: due after ${waitedMin} min`);
      if (follows.otherHours === true) {
        const { id, spec } = rig.campaign;
        t.ok(id > 0);
        const asked = { purpose: spec.purpose, hours: null };
        const hours = rig.store.hoursFor(asked, { zone: 'Europe/Moscow', region: null }, row.phone, openAllHours);
        t.ok(
          hours !== null && partAt(hours, dueAt) !== partAt(hours, row.planned_at),
          `${name}: in another part of the week`,
        );
      }
    }
    for (const check of rig.store.checks.of(
      rig.campaign.id,
      rig.campaign.spec.entity.inn,
      rig.campaign.spec.purpose,
      2_000,
    )) {
      t.ok(check.ok, `${check.law}: ${check.found}`);
    }
    t.strictSame(rig.fatal, []);
    const lost = rig.engine.floor.agents.get((rowOf('human-stays')?.agent ?? '') as AgentId);
    t.equal(lost?.state, 'offline', 'the agent whose phone hung up is offline');
    for (const agent of rig.engine.floor.agents.values()) {
      if (agent.state !== 'offline') moveAgent(rig.engine.floor, agent, 'logout');
    }
  },
);
