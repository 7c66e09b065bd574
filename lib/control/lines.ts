const NEWLINE = 0x0a;

/**
 * Cuts a byte stream into lines, whole UTF-8 characters whatever the chunks. A line longer than `maxBytes` is told once
 * to `onTooLong`, and nothing after it is read: there is no knowing where the next one begins.
 */
export function createLineSplitter(
  maxBytes: number,
  onLine: (line: string) => void,
  onTooLong: () => void,
): (chunk: Buffer) => void {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let broken = false;
  return (chunk) => {
    let start = 0;
    while (!broken && start < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline === -1 ? chunk.length : newline;
      pending.push(chunk.subarray(start, end));
      pendingBytes += end - start;
      start = end + 1;
      if (pendingBytes > maxBytes) {
        broken = true;
        pending = [];
        onTooLong();
      } else if (newline !== -1) {
        const line = Buffer.concat(pending).toString('utf8').trim();
        pending = [];
        pendingBytes = 0;
        if (line !== '') onLine(line);
      }
    }
  };
}
