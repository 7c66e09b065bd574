import t from 'tap';
import type { Pacer } from '../../lib/core/pacing/contract.ts';
import { PEERS } from '../../lib/sim/peers/all.ts';
import { ratioPeer } from '../../lib/sim/peers/ratio.ts';
import { referenceScenario, type CampaignModel } from '../../lib/sim/scenario.ts';
import { simulateShift } from '../../lib/sim/shift.ts';

/* Talk % and abandoned % on the reference model, 8 h, beside what an independent simulator measured for the same laws. */

const SEEDS = [1, 2, 3, 4];
/** Points of talk: seeds, and a simulator of another make. */
const TALK_BAND = 2;

interface Row {
  readonly agents: number;
  readonly peer: string;
  readonly talk: number;
  /** From and to, %. */
  readonly abandoned: readonly [number, number];
  readonly campaign?: Partial<CampaignModel>;
}

const LONG: Partial<CampaignModel> = {
  answers: 0.6,
  talk: { kind: 'lognormal', meanS: 180, sigma: 0.7 },
  wrapUp: { kind: 'lognormal', meanS: 20, sigma: 0.5 },
};

const ROWS: readonly Row[] = [
  { agents: 20, peer: 'progressive', talk: 47.1, abandoned: [0, 0] },
  { agents: 20, peer: 'vicidial-average', talk: 47.1, abandoned: [3, 3.4] },
  { agents: 20, peer: 'vicidial-hard-limit', talk: 47.1, abandoned: [3, 3.4] },
  { agents: 20, peer: 'issabel-overcommit', talk: 53.1, abandoned: [0, 0.5] },
  { agents: 10, peer: 'vicidial-average', talk: 47.1, abandoned: [3, 3.4] },
  { agents: 10, peer: 'issabel-overcommit', talk: 55.4, abandoned: [1, 3] },
  { agents: 3, peer: 'vicidial-average', talk: 46.5, abandoned: [3, 3.8] },
  { agents: 3, peer: 'issabel-overcommit', talk: 59.2, abandoned: [13, 20] },
  { agents: 5, peer: 'issabel-overcommit', talk: 81.5, abandoned: [19, 26], campaign: LONG },
];

for (const { agents, peer, talk, abandoned, campaign } of ROWS) {
  const talkS = campaign === undefined ? 60 : 180;
  void t.test(`${peer}, ${agents} agents, talks of ${talkS} s: about ${talk} % talk`, async (t) => {
    const found = pooled(agents, peerOf(peer), campaign);
    t.ok(Math.abs(found.talk - talk) <= TALK_BAND, `talk ${found.talk.toFixed(1)} %`);
    t.ok(
      found.abandoned >= abandoned[0] && found.abandoned <= abandoned[1],
      `abandoned ${found.abandoned.toFixed(2)} %`,
    );
  });
}

void t.test('a supervisor who knows the day: ratio 3.26 at 20 agents, about 71 % talk within 3 %', async (t) => {
  const found = pooled(20, () => ratioPeer(3.26));
  t.ok(Math.abs(found.talk - 71) <= TALK_BAND, `talk ${found.talk.toFixed(1)} %`);
  t.ok(found.abandoned <= 3, `abandoned ${found.abandoned.toFixed(2)} %`);
});

void t.test(
  'a supervisor who knows the day: VICIdial’s maximum level 1.5 at 20 agents, about 65 % talk within 3 %',
  async (t) => {
    const found = pooled(20, peerOf('vicidial-max-1.5'));
    t.ok(Math.abs(found.talk - 65) <= TALK_BAND, `talk ${found.talk.toFixed(1)} %`);
    t.ok(found.abandoned <= 3, `abandoned ${found.abandoned.toFixed(2)} %`);
  },
);

void t.test(
  'vicidial tapered lets the morning go and reaches the limit only when the day ends at its latest time',
  async (t) => {
    const at = (startHour: number) => {
      const startAt = Date.UTC(2026, 0, 5, startHour - 3);
      return pooled(20, peerOf('vicidial-tapered'), {}, startAt).abandoned;
    };
    const [late, early] = [at(13), at(9)];
    t.ok(late >= 3 && late < 3.6, `13 to 21 h: ${late.toFixed(2)} %`);
    t.ok(early > 10, `9 to 17 h: ${early.toFixed(2)} %`);
  },
);

function peerOf(name: string): () => Pacer {
  const peer = PEERS.find((one) => one.name === name);
  if (peer === undefined) throw new Error(`no peer ${name}`);
  return peer.create;
}

function pooled(agents: number, create: () => Pacer, campaign: Partial<CampaignModel> = {}, startAt?: number) {
  const scenario = referenceScenario(agents, campaign);
  const shifts = SEEDS.map((seed) =>
    simulateShift({ scenario, pacer: create, seed, ...(startAt === undefined ? {} : { startAt }) }),
  );
  const sum = (of: (shift: (typeof shifts)[number]) => number): number =>
    shifts.reduce((total, shift) => total + of(shift), 0);
  return {
    talk: (100 * sum((shift) => shift.talkUtilisation)) / shifts.length,
    abandoned: (100 * sum((shift) => shift.abandoned)) / sum((shift) => shift.answers),
  };
}
