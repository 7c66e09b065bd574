import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, watch } from 'node:fs/promises';
import t, { type Test } from 'tap';
import WebSocket from 'ws';
import { BEHAVIOURS, behaviourOf, numberFor, type BehaviourName } from '../../asterisk/testbed/behaviours.ts';
import { isAlive } from '../../asterisk/testbed/locate.ts';
import { startTestbed, type Testbed } from '../../asterisk/testbed/start.ts';

interface AriEvent {
  readonly type: string;
  readonly timestamp: string;
  readonly channel?: { readonly id: string; readonly state: string };
  readonly peer?: { readonly id: string };
  readonly dialstatus?: string;
  readonly cause?: number;
  readonly tech_cause?: number;
  readonly digit?: string;
}

const begun = performance.now();
const bed = await startTestbed({ agents: 3, seed: 7 });
t.teardown(() => bed.stop());
const startMs = Math.round(performance.now() - begun);
const ari = await listen(bed);

await t.test('the bed is a real Asterisk of our age, up within seconds', async (t) => {
  t.comment(`Asterisk ${bed.version}, started in ${startMs} ms`);
  t.ok(Number.parseInt(bed.version, 10) >= 20);
  t.match(await bed.pbx.rx('core show version'), /Asterisk \d\d\./);
  t.ok(startMs < 10_000, `${startMs} ms`);
});

await t.test('the trunk is reachable, the dead trunk is not, every phone is registered', async (t) => {
  const contacts = await bed.pbx.rx('pjsip show contacts');
  t.match(contacts, /pstn\/sip:127\.0\.0\.2:\d+ +\w+ +Avail/);
  t.notMatch(contacts, /dead\/sip:\S+ +\w+ +Avail/);
  for (const { id } of bed.agents) t.match(contacts, new RegExp(`${id}/sip:${id}@127`));
});

await t.test('neither log has an error', async (t) => {
  for (const one of [bed.pbx, bed.pstn]) {
    const errors = readFileSync(one.logFile, 'utf8')
      .split('\n')
      .filter((line) => / ERROR\[/.test(line));
    t.strictSame(errors, [], one.name);
  }
});

const refusals = (Object.keys(BEHAVIOURS) as BehaviourName[]).filter((name) => {
  const sip = BEHAVIOURS[name].expect?.sipCode;
  return sip !== undefined && sip !== null && !name.includes('no-answer');
});
await t.test('each refusal of the network carries its cause and its SIP code', async (t) => {
  await Promise.all(
    refusals.map(async (name, serial) => {
      const id = await ari.originate(numberFor(name, { serial }));
      const { event } = await ari.ended(id);
      t.match(event, { cause: BEHAVIOURS[name].expect?.cause }, name);
      if (event.tech_cause !== undefined) t.equal(event.tech_cause, BEHAVIOURS[name].expect?.sipCode, name);
    }),
  );
});

await t.test('a human rings for RR, answers, talks for TT seconds and hangs up', async (t) => {
  const id = await ari.originate(numberFor('human', { ringMs: 500, talkS: 1 }));
  const { event, seen } = await ari.ended(id);
  const at = (type: string, state?: string): number =>
    Date.parse(
      seen.find((one) => one.type === type && (state ?? one.channel?.state) === one.channel?.state)?.timestamp ?? '',
    );
  near(t, at('StasisStart') - at('ChannelStateChange', 'Ringing'), 500, 'ring');
  near(t, Date.parse(event.timestamp) - at('StasisStart'), 1000, 'talk');
  t.equal(event.cause, 16);
});

await t.test('a late human answers in the last moment before the time-out', async (t) => {
  const number = numberFor('human-late', { ringMs: 1500, talkS: 1 });
  const { seen } = await ari.ended(await ari.originate(number, { timeoutS: 2 }));
  t.ok(seen.some((one) => one.type === 'StasisStart'));
});

await t.test('a mixed number behaves as its seed says, in either notation', async (t) => {
  const all = Array.from({ length: 200 }, (_, serial) => numberFor('mix', { serial }));
  const refusing = all.flatMap((number) => {
    const expect = BEHAVIOURS[behaviourOf(number, bed.seed) ?? 'human'].expect;
    return expect.sipCode === null || expect.disposition === 'no-answer' ? [] : [{ number, cause: expect.cause }];
  });
  t.ok(refusing.length > 20, `${refusing.length} of 200 refuse`);
  await Promise.all(
    refusing.slice(0, 20).map(async ({ number, cause }, i) => {
      const { event } = await ari.ended(await ari.originate(i % 2 === 0 ? number : number.slice(1)));
      t.equal(event.cause, cause, number);
    }),
  );
});

await t.test('a human who drops is gone in the moment of answering', async (t) => {
  const { event, seen } = await ari.ended(await ari.originate(numberFor('human-drops')));
  t.equal(event.cause, 16);
  t.ok(seen.some((one) => one.channel?.state === 'Up'));
});

await t.test('a human who opts out presses 9 and stays', async (t) => {
  const { seen } = await ari.ended(await ari.originate(numberFor('human-opts-out', { talkS: 4 })));
  t.match(
    seen.find((one) => one.type === 'ChannelDtmfReceived'),
    { digit: '9' },
  );
});

await t.test('early media is progress and no ringing, then an answer', async (t) => {
  const { seen } = await ari.ended(await ari.originate(numberFor('early-human', { ringMs: 300, talkS: 1 })));
  t.notOk(seen.some((one) => one.channel?.state === 'Ringing'));
  t.strictSame(
    seen.filter((one) => one.type === 'Dial').map((one) => one.dialstatus),
    ['', 'PROGRESS', 'ANSWER'],
  );
});

await t.test('no answer rings until our own time-out', async (t) => {
  const { event, seen } = await ari.ended(await ari.originate(numberFor('no-answer'), { timeoutS: 2 }));
  t.equal(event.cause, 19);
  t.ok(seen.some((one) => one.channel?.state === 'Ringing'));
  t.notOk(seen.some((one) => one.type === 'ChannelHangupRequest'));
});

await t.test('the dead trunk says nothing: no ringing, no final answer', async (t) => {
  const { event, seen } = await ari.ended(
    await ari.originate(numberFor('human'), { timeoutS: 2, trunk: bed.deadTrunk }),
  );
  t.equal(event.cause, 19);
  t.notOk(seen.some((one) => one.channel?.state === 'Ringing' || one.dialstatus === 'PROGRESS'));
});

await t.test('CEL writes one JSON line an event, under the attempt’s id, with the cause', async (t) => {
  const id = await ari.originate(numberFor('busy'));
  await ari.ended(id);
  const lines = await celOf(id, 'CHAN_END');
  t.strictSame(
    lines.map((line) => line['eventtype']),
    ['CHAN_START', 'HANGUP', 'CHAN_END'],
  );
  t.match(lines[1], { eventextra: /"hangupcause":17/, eventtime: /^1\d{9}\.\d{6}$/ });
});

await t.test('with no daemon the callee hears an apology and CEL keeps OBZ_NOAPP', async (t) => {
  const id = await ari.originate(numberFor('human', { talkS: 9 }), { app: 'nobody' });
  const { event, seen } = await ari.ended(id);
  t.equal(event.cause, 16);
  const up = seen.find((one) => one.channel?.state === 'Up');
  t.ok(Date.parse(event.timestamp) - Date.parse(up?.timestamp ?? '') > 1000, 'the prompt has played');
  const lines = await celOf(id, 'CHAN_END');
  t.match(
    lines.find((line) => line['userdeftype'] === 'OBZ_NOAPP'),
    { eventextra: new RegExp(id) },
  );
});

await t.test('an agent’s phone picks up, stays, and hangs up when told', async (t) => {
  const id = `leg-${randomUUID()}`;
  await ari.post(`channels/${id}`, { endpoint: bed.agents[0]?.endpoint ?? '', app: 'testbed' });
  await ari.until(id, (one) => one.type === 'StasisStart');
  t.equal(await bed.pstn.hangUpPhone('agent1'), true);
  const { event } = await ari.ended(id);
  t.equal(event.cause, 16);
  t.equal(await bed.pstn.hangUpPhone('agent1'), false);
});

await t.test('a PBX killed and started again is ready again', async (t) => {
  const before = bed.pbx.pid;
  bed.pbx.kill('SIGKILL');
  await bed.pbx.restart();
  await bed.ready();
  t.not(bed.pbx.pid, before);
  t.notOk(isAlive(before));
});

await t.test('after the stop no process is left', async (t) => {
  ari.close();
  const pids = [bed.pbx.pid, bed.pstn.pid];
  const from = performance.now();
  await bed.stop();
  t.comment(`stopped in ${Math.round(performance.now() - from)} ms`);
  t.strictSame(pids.map(isAlive), [false, false]);
});

function near(t: Test, actual: number, wanted: number, what: string): void {
  t.ok(Math.abs(actual - wanted) < 300, `${what}: ${actual} ms, wanted ${wanted}`);
}

/** The event record of one channel, once its last event is in it: the record comes after the ARI event. */
async function celOf(id: string, last: string): Promise<Record<string, unknown>[]> {
  const signal = AbortSignal.timeout(5000);
  const changes = watch(bed.pbx.celFile, { signal });
  for (;;) {
    const lines = (await readFile(bed.pbx.celFile, 'utf8'))
      .split('\n')
      .filter((line) => line.endsWith('}') && line.includes(id))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    if (lines.some((line) => line['eventtype'] === last)) return lines;
    await changes.next();
  }
}

/** A client of the barest kind: fetch for commands, one WebSocket for events. */
async function listen(bed: Testbed) {
  const { httpUrl, ariUser, ariSecret } = bed.pbx;
  const authorization = `Basic ${Buffer.from(`${ariUser}:${ariSecret}`).toString('base64')}`;
  const events = new Map<string, AriEvent[]>();
  const waiters = new Set<() => void>();
  const socket = new WebSocket(`${httpUrl.replace('http', 'ws')}/ari/events?app=testbed`, {
    headers: { authorization },
  });
  socket.on('message', (data: Buffer) => {
    const event = JSON.parse(data.toString()) as AriEvent;
    const id = event.channel?.id ?? event.peer?.id ?? '';
    events.set(id, [...(events.get(id) ?? []), event]);
    for (const check of waiters) check();
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));

  const post = async (path: string, body: object): Promise<void> => {
    const response = await fetch(`${httpUrl}/ari/${path}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  const until = (id: string, wanted: (event: AriEvent) => boolean): Promise<AriEvent> =>
    new Promise((resolve) => {
      const check = (): void => {
        const found = events.get(id)?.find(wanted);
        if (found === undefined) return;
        waiters.delete(check);
        resolve(found);
      };
      waiters.add(check);
      check();
    });
  for (const trunk of [bed.trunk, bed.deadTrunk]) {
    await post(`applications/testbed/subscription?eventSource=endpoint:PJSIP/${trunk}`, {});
  }
  return {
    post,
    until,
    close: () => socket.close(),
    async originate(
      number: string,
      options: { timeoutS?: number; trunk?: string; app?: string } = {},
    ): Promise<string> {
      // of one length: Asterisk takes an id that begins like a live channel's for a duplicate
      const id = `at-${randomUUID()}`;
      await post(`channels/${id}`, {
        endpoint: `PJSIP/${number}@${options.trunk ?? bed.trunk}`,
        context: 'obzvon-out',
        extension: 'answered',
        priority: 1,
        callerId: '+74951234567',
        timeout: options.timeoutS ?? 10,
        variables: { OBZ_APP: options.app ?? 'testbed', OBZ_ATTEMPT: id, 'TIMEOUT(absolute)': '30' },
      });
      return id;
    },
    async ended(id: string): Promise<{ event: AriEvent; seen: AriEvent[] }> {
      const event = await until(id, (one) => one.type === 'ChannelDestroyed');
      return { event, seen: events.get(id) ?? [] };
    },
  };
}
