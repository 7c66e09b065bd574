import { bindUdp, openSipUa, type SipCall } from './sip.ts';

/** What was seen of one call from outside; moments of `performance.now()`. */
export interface SeenCall {
  readonly number: string;
  /** 200 OK left the callee's phone. */
  answeredAt: number | null;
  /** The first packet of this callee's voice reached an agent's phone. */
  heardAt: number | null;
  over: boolean;
}

/** The callees and the agents' phones. */
export interface People {
  /** `host:port` of the network's far side: any number there is a callee. */
  readonly network: string;
  /** `host:port` of the agents' phones: any user there is a phone. */
  readonly phones: string;
  /** Calls seen since the last `forget`. */
  readonly calls: readonly SeenCall[];
  /** Phones in a call. */
  phonesUp(): number;
  forget(): void;
  close(): void;
}

/** The addresses of the test bed's own network and phones: the PBX knows trunk from phone by them. */
const NETWORK_HOST = '127.0.0.2';
const PHONES_HOST = '127.0.0.3';

const SLOT_MS = 5;
const SLOTS = 4;
const SAMPLES = 160;
const HEADER = 12;
const PCMA = 8;
/** A-law's zero. */
const SILENCE = 0xd5;
/** High half of every byte of a callee's voice: loud, and never silence. */
const VOICE = 0x20;

/**
 * People as RTP streams of 20 ms packets, as phones send them. A callee's voice is his call's number written in A-law
 * samples: a mixing bridge of two A-law legs passes them on untouched, so a phone knows which callee it hears, and a
 * packet that an Asterisk made up itself is never taken for him.
 */
export async function startPeople(): Promise<People> {
  const [voices, ears] = await Promise.all([bindUdp(NETWORK_HOST), bindUdp(PHONES_HOST)]);
  let calls: SeenCall[] = [];
  let first = 0;
  const talking = new Map<SipCall, { readonly seen: SeenCall; readonly timers: NodeJS.Timeout[] }>();
  const streams = new Map<SipCall, Stream>();

  function pick(call: SipCall): void {
    const seen: SeenCall = { number: call.user, answeredAt: null, heardAt: null, over: false };
    const voice = first + calls.push(seen) - 1;
    const { ringMs, talkMs } = habitsOf(call.user);
    const timers: NodeJS.Timeout[] = [];
    talking.set(call, { seen, timers });
    call.ring();
    timers.push(
      setTimeout(() => {
        seen.answeredAt = call.answer();
        // his packets have a beat of their own, not that of his answer
        streams.set(call, createStream(voices, call, voiceOf(voice), voice % SLOTS));
        timers.push(setTimeout(() => call.hangUp(), talkMs));
      }, ringMs),
    );
  }

  const phoneStreams = new Map<SipCall, Stream>();
  const networkUa = await openSipUa({
    host: NETWORK_HOST,
    rtpPort: voices.address().port,
    onCall: pick,
    onEnd(call) {
      streams.delete(call);
      const found = talking.get(call);
      if (found === undefined) return;
      found.seen.over = true;
      for (const timer of found.timers) clearTimeout(timer);
      talking.delete(call);
    },
  });
  const phonesUa = await openSipUa({
    host: PHONES_HOST,
    rtpPort: ears.address().port,
    onCall(call) {
      call.answer();
      phoneStreams.set(call, createStream(ears, call, Buffer.alloc(SAMPLES, SILENCE), phoneStreams.size % SLOTS));
    },
    onEnd: (call) => void phoneStreams.delete(call),
  });

  ears.on('message', (packet) => {
    const at = performance.now();
    const voice = voiceIn(packet);
    const seen = voice === null ? undefined : calls[voice - first];
    if (seen !== undefined) seen.heardAt ??= at;
  });

  let slot = 0;
  let next = performance.now();
  const pump = setInterval(() => {
    for (const now = performance.now(); next <= now; next += SLOT_MS, slot = (slot + 1) % SLOTS) {
      for (const stream of streams.values()) if (stream.slot === slot) stream.send();
      for (const stream of phoneStreams.values()) if (stream.slot === slot) stream.send();
    }
  }, SLOT_MS);

  return {
    network: `${NETWORK_HOST}:${networkUa.port}`,
    phones: `${PHONES_HOST}:${phonesUa.port}`,
    get calls() {
      return calls;
    },
    phonesUp: () => phoneStreams.size,
    forget() {
      first += calls.length;
      calls = [];
    },
    close() {
      clearInterval(pump);
      for (const { timers } of talking.values()) for (const timer of timers) clearTimeout(timer);
      networkUa.close();
      phonesUa.close();
      voices.close();
      ears.close();
    },
  };
}

/** The number plan of the test bed, `+7 9BB RR TT NNN`: rings RR tenths of a second, talks TT seconds. */
function habitsOf(number: string): { ringMs: number; talkMs: number } {
  const plain = number.replace(/^\+/, '');
  return { ringMs: Number(plain.slice(4, 6)) * 100, talkMs: Number(plain.slice(6, 8)) * 1_000 };
}

interface Stream {
  readonly slot: number;
  send(): void;
}

function createStream(
  socket: Awaited<ReturnType<typeof bindUdp>>,
  { media }: SipCall,
  payload: Buffer,
  slot: number,
): Stream {
  const packet = Buffer.alloc(HEADER + SAMPLES);
  packet[0] = 0x80;
  packet[1] = PCMA;
  packet.writeUInt32BE(media.port, 8);
  payload.copy(packet, HEADER);
  let sequence = 0;
  return {
    slot,
    send() {
      packet.writeUInt16BE(sequence & 0xffff, 2);
      packet.writeUInt32BE((sequence * SAMPLES) >>> 0, 4);
      sequence += 1;
      socket.send(packet, media.port, media.address);
    },
  };
}

/** Four bytes again and again, a half-byte of the number in each. */
function voiceOf(number: number): Buffer {
  return Buffer.alloc(SAMPLES, Buffer.from([12, 8, 4, 0].map((shift) => VOICE | ((number >> shift) & 0x0f))));
}

function voiceIn(packet: Buffer): number | null {
  if (packet.length !== HEADER + SAMPLES || ((packet[1] ?? 0) & 0x7f) !== PCMA) return null;
  const [a = 0, b = 0, c = 0, d = 0] = packet.subarray(HEADER, HEADER + 4);
  if ([a, b, c, d].some((byte) => (byte & 0xf0) !== VOICE)) return null;
  return ((a & 0x0f) << 12) | ((b & 0x0f) << 8) | ((c & 0x0f) << 4) | (d & 0x0f);
}
