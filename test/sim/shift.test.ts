import t from 'tap';
import { agentTable } from '../../lib/core/agent.ts';
import type { Pacer, PacingDecision, PacingEvent, PacingSnapshot } from '../../lib/core/pacing/contract.ts';
import { createPacer } from '../../lib/core/pacing/pacer.ts';
import { DEFAULT_PACING } from '../../lib/core/pacing/settings.ts';
import { loadScenario, referenceScenario, type Scenario } from '../../lib/sim/scenario.ts';
import { simulateShift, type ShiftParts } from '../../lib/sim/shift.ts';
import { sum, worstHalfHour } from '../../lib/sim/shift-figures.ts';

const progressive = (): Pacer => createPacer({ ...DEFAULT_PACING, method: 'progressive' });
const run = (scenario: Scenario, rest: Partial<ShiftParts> = {}) =>
  simulateShift({ scenario, seed: 1, pacer: progressive, ...rest });
const hours = (count: number) => ({ durationS: count * 3600 });

void t.test('the same seed gives the same shift, another seed another', async (t) => {
  const scenario = { ...loadScenario({ name: 'shift-change-n20' }), ...hours(2) };
  const shift = (seed: number) =>
    JSON.stringify(run(scenario, { seed, pacer: () => createPacer({ ...DEFAULT_PACING, target: 0.03 }) }));
  t.equal(shift(1), shift(1));
  t.not(shift(1), shift(2));
});

void t.test('progressive pacing on the reference model: 47 % talk at any pool size, nobody abandoned', async (t) => {
  for (const [agents, luck] of [
    [3, 0.04],
    [20, 0.015],
    [60, 0.01],
  ] as const) {
    const { talkUtilisation, abandoned } = run(referenceScenario(agents, {}, hours(8)));
    t.ok(Math.abs(talkUtilisation - 0.472) < luck, `${agents} agents: ${talkUtilisation}`);
    t.equal(abandoned, 0);
  }
});

void t.test('with no variation at all the figures are those of arithmetic', async (t) => {
  const fixed = (valueS: number) => ({ kind: 'fixed', valueS }) as const;
  const { talkUtilisation, occupancy, answers, agentWaitS, minutes } = run(
    referenceScenario(
      2,
      {
        answers: 1,
        busyShare: 0,
        trunkFailureShare: 0,
        setup: fixed(2),
        pickUp: fixed(8),
        talk: fixed(60),
        wrapUp: fixed(10),
      },
      hours(1),
    ),
  );
  // 10 s of waiting, 60 of talk, 10 of wrap-up, 45 times an hour for each of two agents.
  t.equal(answers, 90);
  t.equal(talkUtilisation, 0.75);
  t.equal(occupancy, 0.875);
  t.equal(agentWaitS, 10);
  t.equal(sum(minutes.talkS) + sum(minutes.waitS) + sum(minutes.wrapUpS), 7200);
});

void t.test('every abandoned person waited exactly the grace', async (t) => {
  const pacer = (): Pacer => createPacer({ ...DEFAULT_PACING, method: 'ratio', ratio: 6, limit: 1 });
  const answered = new Map<string, number>();
  let abandoned = 0;
  const shift = run(referenceScenario(5, { graceS: 3 }, hours(1)), {
    pacer,
    onPacing(_, entry) {
      if (!('type' in entry)) return;
      if (entry.type === 'answered') answered.set(entry.call, entry.at);
      if (entry.type !== 'abandoned') return;
      abandoned += 1;
      t.equal(entry.at - (answered.get(entry.call) ?? 0), 3000);
    },
  });
  t.ok(abandoned > 10);
  t.equal(shift.abandoned, abandoned);
});

void t.test('events and snapshots agree with each other and with the production tables', async (t) => {
  const scenario = loadScenario({ name: 'shift-change-n20' });
  const calls = new Map<string, string>();
  const agents = new Map<string, string>();
  let wrong = '';
  let checks = 0;
  const check = (event: PacingEvent | PacingDecision, snapshot?: PacingSnapshot): void => {
    if (!('type' in event)) {
      for (const call of snapshot?.calls ?? [])
        if (calls.get(call.id) !== call.state) wrong ||= `${call.id} ${call.state}`;
      for (const agent of snapshot?.agents ?? []) {
        const told = agents.get(agent.id);
        if (told !== agent.state) wrong ||= `${agent.id} is ${agent.state}, told ${told}`;
        if (!(agent.state in agentTable)) wrong ||= agent.state;
      }
      if (snapshot?.calls.length !== calls.size) wrong ||= `${snapshot?.calls.length} calls, told ${calls.size}`;
      checks += 1;
      return;
    }
    if (event.type === 'originated') calls.set(event.call, 'dialing');
    if (event.type === 'ringing') calls.set(event.call, 'ringing');
    if (event.type === 'answered') calls.set(event.call, 'waiting');
    if (event.type === 'connected') calls.set(event.call, 'talking');
    if (event.type === 'connected') agents.set(event.agent, 'talking');
    if (event.type === 'abandoned' || event.type === 'failed' || event.type === 'talk-ended') calls.delete(event.call);
    if (event.type === 'talk-ended') agents.set(event.agent, 'wrap-up');
    if (event.type === 'wrap-up-ended') agents.set(event.agent, 'available');
    if (event.type === 'agent') agents.set(event.agent, event.state);
    if (event.type === 'agent-request') agents.set(event.agent, event.request === 'pause' ? 'finishing' : 'leaving');
  };
  run({ ...scenario, durationS: 5 * 3600 }, { onPacing: (_, entry, snapshot) => check(entry, snapshot) });
  t.equal(wrong, '');
  t.ok(checks > 10_000);
});

void t.test('channel and rate limits hold whatever the pacer asks for', async (t) => {
  const greedy = (): Pacer => ({
    observe: () => undefined,
    decide: ({ now }) => ({ at: now, originate: 100, why: { limit: 'agents', sentence: '', numbers: {} } }),
    estimates: () => null,
  });
  let most = 0;
  const shift = run(
    referenceScenario(5, {}, { ...hours(1), trunk: { channels: 7, originatesPerSecond: 2, failures: [] } }),
    { pacer: greedy, onPacing: (_, __, snapshot) => void (most = Math.max(most, snapshot?.calls.length ?? 0)) },
  );
  t.ok(most <= 7, `${most} calls at a time`);
  t.ok(Math.max(...shift.minutes.originates) <= 122, 'two a second, and the burst of two');
});

void t.test('two pacers meet the same people: the n-th originate has one fate', async (t) => {
  const fates = (pacer: () => Pacer): Map<string, string> => {
    const ends = new Map<string, string>();
    run(referenceScenario(10, {}, hours(1)), {
      pacer,
      onPacing(_, entry) {
        if ('type' in entry && entry.type === 'failed') ends.set(entry.call, entry.reason);
        if ('type' in entry && entry.type === 'answered') ends.set(entry.call, 'answered');
      },
    });
    return ends;
  };
  const one = fates(progressive);
  const two = fates(() => createPacer({ ...DEFAULT_PACING, method: 'ratio', ratio: 3 }));
  t.ok(one.size > 500);
  for (const [call, end] of one) if (two.has(call) && two.get(call) !== end) t.fail(call);
});

void t.test('machines: without detection agents meet them, with it hardly any, and some people are lost', async (t) => {
  const blind = run({ ...loadScenario({ name: 'machines-n10' }), ...hours(2) });
  t.ok(blind.machinesMet > 0.2 * blind.answers);
  t.equal(blind.silent, 0);
  const seeing = run({ ...loadScenario({ name: 'detection-n20' }), ...hours(2) });
  t.ok(seeing.machinesMet < 0.05 * seeing.answers);
  t.ok(seeing.silent > 0);
});

void t.test('two campaigns share a crew: each is counted for itself, each pacer hears of all agents', async (t) => {
  const scenario = { ...loadScenario({ name: 'two-campaigns-n20' }), ...hours(2) };
  const shift = run(scenario, { pacer: () => createPacer({ ...DEFAULT_PACING, target: 0.03 }) });
  const [cold, warm] = shift.campaigns;
  t.equal((cold?.answers ?? 0) + (warm?.answers ?? 0), shift.answers);
  t.ok((cold?.answers ?? 0) > 0.2 * shift.answers, 'the harder list is not starved');
  t.ok((warm?.answers ?? 0) > 0.2 * shift.answers, 'nor the easier one');
  for (const { name, abandonment } of shift.campaigns) t.ok(abandonment < 0.04, `${name}: ${abandonment}`);
});

void t.test('the worst half hour slides by the minute', async (t) => {
  const answers = new Array<number>(60).fill(10);
  const abandoned = new Array<number>(60).fill(0).map((_, minute) => (minute >= 20 && minute < 35 ? 2 : 0));
  t.equal(worstHalfHour({ answers, abandoned }), 30 / 300);
  t.equal(worstHalfHour({ answers: [0, 0], abandoned: [0, 0] }), 0);
  t.equal(worstHalfHour({ answers: [4, 4], abandoned: [1, 1] }), 0.25, 'a shift shorter than that is one window');
});

void t.test('samples come each minute, and add up to the figures', async (t) => {
  let minutes = 0;
  let originates = 0;
  const shift = run(referenceScenario(5, {}, hours(1)), {
    onSample(sample) {
      t.equal(sample.minute, minutes);
      minutes += 1;
      originates += sample.originates;
    },
  });
  t.equal(minutes, 60);
  t.equal(originates, shift.originates);
});

void t.test('a day of predictive pacing: the target held, talk far beyond progressive, warm or cold', async (t) => {
  const scenario = referenceScenario(20, {}, hours(4));
  const pacer = (warmStart?: unknown) => () => createPacer({ ...DEFAULT_PACING, target: 0.03 }, warmStart);
  const monday = run(scenario, { pacer: pacer() });
  t.ok(monday.talkUtilisation > 0.72, `${monday.talkUtilisation}`);
  t.ok(monday.abandonment < 0.031, `${monday.abandonment}`);
  const tuesday = run(scenario, {
    seed: 2,
    startAt: Date.UTC(2026, 0, 6, 6),
    pacer: pacer(JSON.parse(JSON.stringify(monday.estimates[0]))),
  });
  t.ok(tuesday.talkUtilisation > 0.72, `${tuesday.talkUtilisation}`);
  t.ok(tuesday.abandonment < 0.031, `${tuesday.abandonment}`);
  const first = (shift: typeof monday) => sum(shift.minutes.talkS.slice(0, 2));
  t.ok(first(tuesday) > 1.1 * first(monday), 'a warm start begins at once');
});

void t.test('a dead trunk is tried once a second, and its return brings no burst', async (t) => {
  const shift = run(
    referenceScenario(
      20,
      {},
      {
        ...hours(2),
        trunk: { channels: null, originatesPerSecond: null, failures: [{ fromS: 3600, untilS: 4800, share: 1 }] },
      },
    ),
    { pacer: () => createPacer({ ...DEFAULT_PACING, target: 0.03 }) },
  );
  const dead = shift.minutes.originates.slice(62, 79);
  t.ok(Math.max(...dead) <= 61, `${Math.max(...dead)} originates in a minute`);
  t.ok(Math.min(...dead) >= 50, `${Math.min(...dead)} originates in a minute`);
  const back = (column: number[]): number => sum(column.slice(80, 85));
  t.ok(back(shift.minutes.answers) > 40);
  t.ok(
    back(shift.minutes.abandoned) < 0.15 * back(shift.minutes.answers),
    `${back(shift.minutes.abandoned)} abandoned`,
  );
});
