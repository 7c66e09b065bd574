/** asterisk-manager 0.2.0 as far as `asterisk/ami.ts` uses it. */
declare module 'asterisk-manager' {
  import type { NetConnectOpts } from 'node:net';

  /** Keys in lower case; a repeated key becomes an array, `variable` an object. */
  export type Message = Record<string, unknown>;
  export interface Manager {
    /** The first argument goes to `net.createConnection` as it is, so its options object is good too. */
    connect(port: number | NetConnectOpts, host?: string, callback?: () => void): void;
    login(callback: (error?: Message) => void): void;
    action(action: Record<string, string>, callback: (error: Message | undefined, reply: Message) => void): string;
    disconnect(): void;
    on(event: 'managerevent' | 'response', listener: (message: Message) => void): void;
    on(event: 'close', listener: () => void): void;
    on(event: 'error', listener: (error: Error) => void): void;
    removeAllListeners(event?: string): void;
  }
  export default function createManager(
    port: null,
    host: string,
    user: string,
    secret: string,
    events: boolean,
  ): Manager;
}
