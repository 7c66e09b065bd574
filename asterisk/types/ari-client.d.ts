/** ari-client 2.2.0 as far as `asterisk/ari.ts` uses it; operations are read from the server, so they stay unknown here. */
declare module 'ari-client' {
  type Operation = (parameters?: Record<string, unknown>) => PromiseLike<unknown>;
  type Client = Record<string, Record<string, Operation | undefined> | undefined>;
  export function connect(url: string, user: string, secret: string): PromiseLike<Client>;
}
