import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Any run of 7 to 15 digits that may be a phone, with or without `+`, spaces, dashes or brackets inside. */
const PHONE = /(?<![\w-])\+?\d(?:[ \-()]{0,2}\d){9,14}(?![\w-])/g;

/** `+79161234567` → `+7916***4567`: enough to talk about a call, not enough to place one. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '');
  if (digits.length < 9) return '***';
  return `+${digits.slice(0, 4)}***${digits.slice(-4)}`;
}

/** Masks every phone inside a text that was not written by us. */
export function maskText(text: string): string {
  return text.replace(PHONE, (match) => maskPhone(match));
}

/** Root logger: JSON lines, phones masked in the fields that carry them and in error texts. */
export function createLog(options: { level: string; stream?: DestinationStream }): Logger {
  const mask = (value: unknown): unknown => (typeof value === 'string' ? maskPhone(value) : value);
  const maskWithin = (value: unknown): unknown => (typeof value === 'string' ? maskText(value) : value);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: {
        phone: mask,
        caller: mask,
        err(error: unknown) {
          const plain = pino.stdSerializers.err(error as Error);
          if (typeof plain !== 'object' || plain === null) return plain;
          return {
            ...plain,
            message: maskText(String(plain.message)),
            stack: plain.stack === undefined ? undefined : maskText(plain.stack),
          };
        },
        text: maskWithin,
        reason: maskWithin,
      },
    },
    options.stream ?? pino.destination({ dest: 1, sync: true }),
  );
}
