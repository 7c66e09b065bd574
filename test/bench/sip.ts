import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

const BYE_AGAIN_MS = 500;

/** One SIP dialog the PBX opened towards us. */
export interface SipCall {
  /** User part of the request's URI: the number called, or the agent's name. */
  readonly user: string;
  /** Where the PBX takes RTP for this call. */
  readonly media: { readonly address: string; readonly port: number };
  ring(): void;
  /** Sends 200 OK; returns the moment it went out, of `performance.now()`. */
  answer(): number;
  hangUp(): void;
}

export interface SipUa {
  readonly host: string;
  readonly port: number;
  close(): void;
}

/**
 * A user agent that is only ever called: as much of SIP as an Asterisk on the same machine needs of a phone. The PBX
 * repeats an INVITE it got no answer to, and is answered as before; a BYE of ours is repeated until it is answered.
 */
export async function openSipUa(options: {
  readonly host: string;
  /** Port of our RTP, told in every answer. */
  readonly rtpPort: number;
  readonly onCall: (call: SipCall) => void;
  /** The call is over, whoever ended it. */
  readonly onEnd: (call: SipCall) => void;
}): Promise<SipUa> {
  const { host, rtpPort, onCall, onEnd } = options;
  const socket = await bindUdp(host);
  const { port } = socket.address();
  const contact = `Contact: <sip:bench@${host}:${port}>`;
  const sdp = [
    'v=0',
    `o=- 1 1 IN IP4 ${host}`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=audio ${rtpPort} RTP/AVP 8 101`,
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n');
  const dialogs = new Map<string, { readonly call: SipCall; repeat: () => void; cancelled: () => void }>();
  const byes = new Map<string, NodeJS.Timeout>();

  function hear(text: string, from: RemoteInfo): void {
    const message = parse(text);
    if (message === null) return;
    const callId = message.header('call-id');
    if (message.method === 'SIP/2.0') {
      clearInterval(byes.get(callId));
      byes.delete(callId);
      return;
    }
    const dialog = dialogs.get(callId);
    const reply = (status: string, body = ''): void => {
      const to = message.header('to');
      send(from, [
        `SIP/2.0 ${status}`,
        ...message.all('via').map((via) => `Via: ${via}`),
        `From: ${message.header('from')}`,
        `To: ${/;tag=/.test(to) ? to : `${to};tag=${tagOf(callId)}`}`,
        `Call-ID: ${callId}`,
        `CSeq: ${message.header('cseq')}`,
        contact,
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ]);
    };
    const over = (): void => {
      if (dialog !== undefined && dialogs.delete(callId)) onEnd(dialog.call);
    };
    switch (message.method) {
      case 'INVITE':
        if (dialog === undefined) ring(message, from, reply);
        else if (/;tag=/.test(message.header('to'))) reply('200 OK', sdp);
        else dialog.repeat();
        return;
      case 'BYE':
        reply('200 OK');
        over();
        return;
      case 'CANCEL':
        reply('200 OK');
        dialog?.cancelled();
        over();
        return;
      case 'ACK':
        return;
      default:
        reply('200 OK');
    }
  }

  function ring(invite: SipMessage, from: RemoteInfo, reply: (status: string, body?: string) => void): void {
    const callId = invite.header('call-id');
    const say = (status: string, body = ''): void => {
      dialog.repeat = () => reply(status, body);
      dialog.repeat();
    };
    const call: SipCall = {
      user: /^sips?:([^@;>]+)@/.exec(invite.uri)?.[1] ?? '',
      media: {
        address: /^c=IN IP4 (\S+)/m.exec(invite.body)?.[1] ?? from.address,
        port: Number(/^m=audio (\d+)/m.exec(invite.body)?.[1] ?? 0),
      },
      ring: () => say('180 Ringing'),
      answer() {
        const at = performance.now();
        say('200 OK', sdp);
        return at;
      },
      hangUp() {
        if (!dialogs.delete(callId)) return;
        const target = /<([^>]+)>/.exec(invite.header('contact'))?.[1] ?? invite.uri;
        const bye = [
          `BYE ${target} SIP/2.0`,
          `Via: SIP/2.0/UDP ${host}:${port};branch=z9hG4bK${randomBytes(6).toString('hex')};rport`,
          'Max-Forwards: 70',
          `From: ${invite.header('to')};tag=${tagOf(callId)}`,
          `To: ${invite.header('from')}`,
          `Call-ID: ${callId}`,
          'CSeq: 1 BYE',
          'Reason: Q.850;cause=16',
          'Content-Length: 0',
          '',
          '',
        ];
        send(from, bye);
        byes.set(
          callId,
          setInterval(() => send(from, bye), BYE_AGAIN_MS),
        );
        onEnd(call);
      },
    };
    const dialog = { call, repeat: (): void => undefined, cancelled: () => reply('487 Request Terminated') };
    dialogs.set(callId, dialog);
    onCall(call);
  }

  function send(to: { readonly address: string; readonly port: number }, lines: readonly string[]): void {
    socket.send(lines.join('\r\n'), to.port, to.address);
  }

  socket.on('message', (data, from) => hear(data.toString('utf8'), from));
  return {
    host,
    port,
    close() {
      for (const timer of byes.values()) clearInterval(timer);
      socket.close();
    },
  };
}

/** Ours in a dialog; the caller's Call-ID is random, and so is a part of it. */
function tagOf(callId: string): string {
  return callId.slice(0, 8);
}

interface SipMessage {
  readonly method: string;
  readonly uri: string;
  readonly body: string;
  header(name: string): string;
  all(name: string): readonly string[];
}

/** A request, or a response, whose method is `SIP/2.0`; null for anything else. */
function parse(text: string): SipMessage | null {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = (end < 0 ? text : text.slice(0, end)).split('\r\n');
  const [, method, uri] = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(first) ?? /^(SIP\/2\.0) (\d{3})/.exec(first) ?? [];
  if (method === undefined || uri === undefined) return null;
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const all = (name: string): string[] => headers.filter(([key]) => key === name).map(([, value]) => value);
  return { method, uri, body: end < 0 ? '' : text.slice(end + 4), all, header: (name) => all(name)[0] ?? '' };
}

/** A UDP socket on a port the system chooses. */
export function bindUdp(host: string): Promise<Socket & { address(): AddressInfo }> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, host, () => resolve(socket));
  });
}
