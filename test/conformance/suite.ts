import type { Test } from 'tap';
import type { AttemptId } from '../../lib/core/attempt.ts';
import type { Phone } from '../../lib/core/phone.ts';
import { PbxError, type AgentId, type CallerId, type Pbx, type PbxEvent } from '../../lib/dialer/pbx.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import { mintPermit, type Permit } from '../../lib/store/permits.ts';
import { phoneOf } from '../helpers/rig.ts';

/** Callee behaviours both PBXs can produce. */
export type Callee = 'talks' | 'stays' | 'rings' | 'busy' | 'unallocated' | 'unwanted' | 'presses-9' | 'silent-trunk';

/** One PBX to be held to the port's contract. */
export interface Subject {
  readonly pbx: Pbx;
  readonly clock: Clock;
  /** Lets time go by until `done()`; rejects after `limitMs`, naming `what`. */
  until(what: string, done: () => boolean, limitMs: number): Promise<void>;
  /** Lets `promise` settle, moving the clock if it is ours to move. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** A number whose owner behaves so, a new one at each call; and the trunk to him. */
  callee(callee: Callee): { phone: Phone; trunk: string };
  readonly agentEndpoint: string;
  /** The keys are pressed on that phone. */
  pressAgent(keys: string): void;
  /** Somebody calls this number of ours; answers who, null when he hides his number. */
  callIn(line: Phone, options: { readonly withheld: boolean }): Promise<Phone | null>;
  /** Whether somebody who called us is still on the line. */
  isCalling(): boolean;
  /** Whoever called us hangs up. */
  callerHangsUp(): void;
  /** Whoever called us presses this key. */
  pressCaller(digit: string): void;
}

const CALLER = phoneOf('+74951234567');
const AGENT = 'agent-one' as AgentId;

type EventOf<T extends PbxEvent['type']> = Extract<PbxEvent, { type: T }>;

/** The contract of lib/dialer/pbx.ts as tests; the same for the simulated PBX and for a real Asterisk. */
export async function conformance(t: Test, subject: Subject): Promise<void> {
  const { pbx, clock } = subject;
  const events: PbxEvent[] = [];
  let serial = 0;

  const heard = <T extends PbxEvent['type']>(type: T, attempt: AttemptId) =>
    events.find((event): event is EventOf<T> => event.type === type && 'attempt' in event && event.attempt === attempt);
  const hear = async <T extends PbxEvent['type']>(
    type: T,
    attempt: AttemptId,
    limitMs = 15_000,
  ): Promise<EventOf<T>> => {
    await subject.until(`${type} of ${attempt}`, () => heard(type, attempt) !== undefined, limitMs);
    const event = heard(type, attempt);
    if (event === undefined) throw new Error('unreachable');
    return event;
  };
  const permitFor = (callee: Callee, ringTimeoutMs: number): Permit => ({
    ...subject.callee(callee),
    attempt: `at-conf${clock.now().toString(36)}${(serial += 1).toString().padStart(3, '0')}` as AttemptId,
    caller: CALLER,
    ringTimeoutMs,
    allowedAt: clock.now(),
    allowedAtMonotonic: clock.monotonic(),
  });
  const call = async (callee: Callee, ringTimeoutMs = 10_000): Promise<AttemptId> => {
    const permit = permitFor(callee, ringTimeoutMs);
    await subject.settle(pbx.originate(mintPermit(permit)));
    return permit.attempt;
  };
  /** The kind or message a command fails with; null when it does not fail. */
  const failure = async (command: Promise<void>): Promise<string | null> => {
    try {
      await subject.settle(command);
      return null;
    } catch (error) {
      return error instanceof PbxError ? error.kind : messageOf(error);
    }
  };
  const agentIs = (type: 'agent.up' | 'agent.down', from: number) =>
    subject.until(type, () => events.slice(from).some((event) => event.type === type && event.agent === AGENT), 10_000);

  const ends = (from: number, caller: CallerId): number =>
    events.slice(from).filter((event) => event.type === 'caller.hung-up' && event.caller === caller).length;

  await subject.settle(pbx.start((event) => void events.push(event)));
  await subject.until('pbx.up', () => events.some((event) => event.type === 'pbx.up'), 10_000);

  await t.test('a call rings, is answered, and ends by the callee: cause 16, by the far side', async (t) => {
    const id = await call('talks');
    const answered = await hear('attempt.answered', id);
    const hungUp = await hear('attempt.hung-up', id);
    const rang = heard('attempt.rang', id);
    t.ok(rang !== undefined && rang.at <= answered.at && answered.at <= hungUp.at, 'rang, answered, hung up, in order');
    t.ok(answered.sipCallId, 'the SIP Call-ID is told');
    t.strictSame([hungUp.cause, hungUp.byFarSide], [16, true]);
    t.equal(hungUp.answeredAt, answered.at);
  });

  for (const [callee, cause, sipCode] of [
    ['busy', 17, 486],
    ['unallocated', 1, 404],
    ['unwanted', 127, 608],
  ] as const) {
    await t.test(`${callee}: cause ${cause}, SIP ${sipCode}, by the far side, never answered`, async (t) => {
      const hungUp = await hear('attempt.hung-up', await call(callee));
      t.strictSame([hungUp.cause, hungUp.sipCode, hungUp.byFarSide, hungUp.answeredAt], [cause, sipCode, true, null]);
    });
  }

  await t.test('our own ring time-out is not the far side’s doing, and ringing was seen', async (t) => {
    const hungUp = await hear('attempt.hung-up', await call('rings', 2_000));
    t.strictSame([hungUp.byFarSide, hungUp.answeredAt], [false, null]);
    t.ok(hungUp.rangAt !== null);
  });

  await t.test('a trunk that never replies: the time-out comes with no ringing seen', async (t) => {
    const hungUp = await hear('attempt.hung-up', await call('silent-trunk', 2_000));
    t.strictSame([hungUp.byFarSide, hungUp.rangAt, hungUp.answeredAt], [false, null, null]);
  });

  await t.test('hang-up while ringing ends the call; hanging up what is gone is no error', async (t) => {
    const id = await call('rings');
    await hear('attempt.rang', id);
    await subject.settle(pbx.hangUp(id));
    const hungUp = await hear('attempt.hung-up', id);
    t.strictSame([hungUp.byFarSide, hungUp.answeredAt], [false, null]);
    await subject.settle(pbx.hangUp(id));
  });

  await t.test('a message plays to an answered callee and reports its end', async (t) => {
    const id = await call('stays');
    await hear('attempt.answered', id);
    await subject.settle(pbx.play(id, 'sound:beep'));
    await hear('attempt.message-played', id);
    await subject.settle(pbx.hangUp(id));
    await hear('attempt.hung-up', id);
    t.ok(true);
  });

  await t.test('a digit pressed by the callee is heard', async (t) => {
    const id = await call('presses-9');
    t.equal((await hear('attempt.digit', id)).digit, '9');
    await subject.settle(pbx.hangUp(id));
    await hear('attempt.hung-up', id);
  });

  await t.test('an agent’s leg comes up, takes a callee, and the survey shows both', async (t) => {
    let from = events.length;
    await subject.settle(pbx.connectAgent(AGENT, subject.agentEndpoint));
    await agentIs('agent.up', from);
    const id = await call('stays');
    await hear('attempt.answered', id);
    await subject.settle(pbx.bridge(id, AGENT));
    const survey = await subject.settle(pbx.survey());
    t.strictSame(survey.attempts.get(id), { state: 'up', agent: AGENT });
    t.ok(survey.agents.has(AGENT));

    from = events.length;
    await subject.settle(pbx.connectAgent(AGENT, subject.agentEndpoint));
    await agentIs('agent.up', from);
    t.ok(true, 'connecting a connected agent says so and makes no second leg');

    await subject.settle(pbx.hangUp(id));
    await hear('attempt.hung-up', id);
    const after = await subject.settle(pbx.survey());
    t.ok(after.agents.has(AGENT), 'the agent stays when the callee goes');
    t.ok(!after.attempts.has(id));

    t.equal(await failure(pbx.bridge(id, AGENT)), 'gone', 'a gone callee cannot be bridged');
  });

  await t.test('the agent’s keys are heard with a callee and without, as his own, each once', async (t) => {
    const id = await call('stays');
    await hear('attempt.answered', id);
    await subject.settle(pbx.bridge(id, AGENT));
    const from = events.length;
    const pressed = () =>
      events.slice(from).flatMap((event) => (event.type === 'agent.digit' ? `${event.agent} ${event.digit}` : []));
    subject.pressAgent('*49');
    await subject.until('three keys in a talk', () => pressed().length >= 3, 10_000);
    await subject.settle(pbx.announce(AGENT, 'sound:beep'));
    await subject.settle(pbx.hangUp(id));
    await hear('attempt.hung-up', id);
    t.equal(heard('attempt.digit', id), undefined, 'the callee pressed nothing');
    subject.pressAgent('10#');
    await subject.until('three keys after it', () => pressed().length >= 6, 10_000);
    t.strictSame(
      pressed(),
      [...'*4910#'].map((digit) => `${AGENT} ${digit}`),
    );
    await subject.settle(pbx.announce(AGENT, 'sound:beeperr'));
    await subject.settle(pbx.announce(AGENT, 'sound:beep'));
    const survey = await subject.settle(pbx.survey());
    t.ok(survey.agents.has(AGENT), 'sounds leave the leg where it is');
  });

  await t.test('a message may be played to a callee who is with an agent: he is taken out first', async (t) => {
    const id = await call('stays');
    await hear('attempt.answered', id);
    await subject.settle(pbx.bridge(id, AGENT));
    await subject.settle(pbx.play(id, 'sound:beep'));
    await hear('attempt.message-played', id);
    const survey = await subject.settle(pbx.survey());
    t.equal(survey.attempts.get(id)?.agent, null);
    await subject.settle(pbx.hangUp(id));
    await hear('attempt.hung-up', id);
  });

  await t.test('an agent’s leg goes down on request, and a second request is no error', async (t) => {
    const from = events.length;
    await subject.settle(pbx.disconnectAgent(AGENT));
    await agentIs('agent.down', from);
    await subject.settle(pbx.disconnectAgent(AGENT));
    const survey = await subject.settle(pbx.survey());
    t.ok(!survey.agents.has(AGENT));
    const id = await call('stays');
    await hear('attempt.answered', id);
    t.equal(await failure(pbx.bridge(id, AGENT)), 'gone', 'no leg, no bridge');
    t.equal(await failure(pbx.announce(AGENT, 'sound:beep')), 'gone', 'and nobody to hear a sound');
    await subject.settle(pbx.hangUp(id));
    await hear('attempt.hung-up', id);
  });

  await t.test('the PBX’s own record knows an ended call and says nothing of one never placed', async (t) => {
    const id = await call('talks');
    await hear('attempt.hung-up', id);
    const never = 'at-neverplaced' as AttemptId;
    const records = await subject.settle(pbx.recall([id, never]));
    const record = records.get(id);
    t.ok(record?.answeredAt !== null && record?.endedAt !== null && record !== undefined);
    t.equal(record?.cause, 16);
    t.ok(!records.has(never));
  });

  await t.test('no originate without a fresh permit: used, stale and forged ones place no call', async (t) => {
    const permit = permitFor('rings', 2_000);
    const minted = mintPermit(permit);
    await subject.settle(pbx.originate(minted));
    t.match(await failure(pbx.originate(minted)), /permit/, 'used');
    const stale = permitFor('rings', 2_000);
    const old = mintPermit({ ...stale, allowedAt: stale.allowedAt - 1_500 });
    t.match(await failure(pbx.originate(old)), /15\d\d ms old/, 'stale');
    const forged = Object.assign(Object.create(Object.getPrototypeOf(minted) as object) as typeof minted, {
      permit: permitFor('rings', 2_000),
    });
    t.not(await failure(pbx.originate(forged)), null, 'forged');
    const survey = await subject.settle(pbx.survey());
    t.ok(!survey.attempts.has(stale.attempt) && !survey.attempts.has(forged.permit.attempt));
    await hear('attempt.hung-up', permit.attempt);
  });

  await t.test('an attempt’s id is never dialed again while its call lives', async (t) => {
    const permit = permitFor('rings', 4_000);
    await subject.settle(pbx.originate(mintPermit(permit)));
    await hear('attempt.rang', permit.attempt);
    const again = mintPermit({ ...permit, allowedAt: clock.now(), allowedAtMonotonic: clock.monotonic() });
    // Both answers are lawful: refused, or "it is placed", which it is. Two live channels are not.
    await subject.settle(pbx.originate(again)).catch((error: unknown) => t.ok(error instanceof PbxError));
    const survey = await subject.settle(pbx.survey());
    t.equal([...survey.attempts.keys()].filter((id) => id === permit.attempt).length, 1);
    await subject.settle(pbx.hangUp(permit.attempt));
    await hear('attempt.hung-up', permit.attempt);
    t.equal(events.filter((event) => event.type === 'attempt.hung-up' && event.attempt === permit.attempt).length, 1);
  });

  await t.test(
    'a person who calls a number of ours is told with both numbers, hears the message and is let go',
    async (t) => {
      for (const withheld of [false, true]) {
        const from = events.length;
        const phone = await subject.callIn(CALLER, { withheld });
        const arrivals = () => events.slice(from).filter((event) => event.type === 'caller.arrived');
        await subject.until('caller.arrived', () => arrivals().length > 0, 10_000);
        const [arrived] = arrivals();
        if (arrived === undefined) throw new Error('unreachable');
        t.match(arrived, { phone, line: CALLER });
        await subject.settle(pbx.dismiss(arrived.caller, withheld ? null : 'sound:beep'));
        await subject.until('the caller is gone', () => !subject.isCalling(), 10_000);
        await subject.until('his end is told', () => ends(from, arrived.caller) > 0, 10_000);
        t.strictSame([arrivals().length, ends(from, arrived.caller)], [1, 1], 'each told once');
      }
      t.equal(await failure(pbx.dismiss('nobody' as CallerId, 'sound:beep')), 'gone');
    },
  );

  await t.test(
    'a person who calls us is bridged to an agent, heard, surveyed, taken out again, and let go',
    async (t) => {
      const up = events.length;
      await subject.settle(pbx.connectAgent(AGENT, subject.agentEndpoint));
      await agentIs('agent.up', up);
      for (const ending of ['his own', 'ours', 'after a message'] as const) {
        const from = events.length;
        await subject.callIn(CALLER, { withheld: false });
        const arrival = () => events.slice(from).find((event) => event.type === 'caller.arrived');
        await subject.until('caller.arrived', () => arrival() !== undefined, 10_000);
        const caller = arrival()?.caller;
        if (caller === undefined) throw new Error('unreachable');
        await subject.settle(pbx.bridgeCaller(caller, AGENT));
        const during = await subject.settle(pbx.survey());
        t.strictSame([...during.callers], [[caller, AGENT]]);
        const digits = () => events.slice(from).filter((event) => event.type === 'caller.digit' && event.digit === '9');
        subject.pressCaller('9');
        await subject.until('his key', () => digits().length > 0, 10_000);
        if (ending === 'his own') subject.callerHangsUp();
        else await subject.settle(pbx.dismiss(caller, ending === 'ours' ? null : 'sound:beep'));
        await subject.until('his end is told', () => ends(from, caller) > 0, 10_000);
        t.strictSame([digits().length, ends(from, caller)], [1, 1], `${ending}: key and end are told once`);
        const after = await subject.settle(pbx.survey());
        t.strictSame([after.callers.size, after.agents.has(AGENT)], [0, true], 'the agent’s leg stays');
        t.equal(await failure(pbx.bridgeCaller(caller, AGENT)), 'gone', 'he cannot be bridged any more');
      }
      const down = events.length;
      await subject.settle(pbx.disconnectAgent(AGENT));
      await agentIs('agent.down', down);
      t.equal(await failure(pbx.bridgeCaller('nobody' as CallerId, AGENT)), 'gone');
    },
  );

  await t.test('the trunk is known to be up', async (t) => {
    t.equal(await subject.settle(pbx.trunkState('pstn')), 'up');
  });

  await subject.settle(pbx.stop());
}
