/** What must be undone at the end, in reverse. */
export type Closers = (() => void | Promise<void>)[];

/**
 * A program that leaves nothing behind: runs `main`, whose number is the exit code, then its closers in reverse; on
 * Ctrl-C, SIGTERM and a failure too, and when `main` says `leave`.
 */
export async function runClosing(
  main: (closers: Closers, leave: (code: number) => Promise<void>) => Promise<number>,
): Promise<void> {
  const closers: Closers = [];
  let leaving = false;
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const leave = async (code: number): Promise<void> => {
    if (leaving) return;
    leaving = true;
    for (const close of closers.reverse()) {
      try {
        await close();
      } catch (error) {
        say(`not closed cleanly: ${String(error)}`);
      }
    }
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void leave(1));
  try {
    await leave(await main(closers, leave));
  } catch (error) {
    if (!leaving) say(`could not measure: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    await leave(1);
  }
}
