import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { failureText } from './fuzzer.ts';
import { isParser, PARSERS, type ParserName } from './parsers.ts';
import type { Share, Tally } from './worker.ts';

/*
 * npm run prove:fuzz -- --parser csv|number|ari|ami|cli|config|all --count N --seed S [--workers 1|2]
 * The same seed gives the same inputs; a failure names seed and index, and --index I tries that one alone.
 */

const { values } = parseArgs({
  options: {
    parser: { type: 'string', default: 'all' },
    count: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    index: { type: 'string' },
  },
});
const count = Number(values.count);
const seed = Number(values.seed);
const workers = Math.min(2, Math.max(1, Number(values.workers)));
const parsers =
  values.parser === 'all' ? (Object.keys(PARSERS) as ParserName[]) : values.parser.split(',').filter(isParser);
if (parsers.length === 0 || !Number.isSafeInteger(count) || !Number.isSafeInteger(seed)) {
  console.error(`give --parser ${Object.keys(PARSERS).join('|')}|all, whole --count and --seed`);
  process.exit(2);
}

/** A case that takes longer hangs the parser. */
const LONGEST_CASE_MS = 30_000;

for (const parser of parsers) {
  if (values.index === undefined) await prove(parser);
  else {
    const tried = await (await PARSERS[parser]())(seed, Number(values.index));
    console.log(failureText(parser, seed, Number(values.index), tried));
    if (tried.wrong !== null) process.exitCode = 1;
  }
}

async function prove(parser: ParserName): Promise<void> {
  const startedMs = performance.now();
  const shares = Array.from({ length: workers }, (_, first) => work(parser, first));
  const byKind = new Map<string, { tried: number; wrong: number }>();
  let wrong = 0;
  let shown = 0;
  for (const tally of await Promise.all(shares)) {
    for (const failure of tally.failures) if ((shown += 1) <= 20) console.log(failure);
    for (const [kind, { tried, wrong: bad }] of tally.byKind) {
      const sum = byKind.get(kind) ?? { tried: 0, wrong: 0 };
      byKind.set(kind, { tried: sum.tried + tried, wrong: sum.wrong + bad });
      wrong += bad;
    }
  }
  for (const [kind, { tried, wrong }] of [...byKind].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`${String(tried).padStart(10)}  ${kind}${wrong === 0 ? '' : `: ${wrong} wrong`}`);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const each = Math.round(count / seconds).toLocaleString('en');
  console.log(
    `${parser}: ${count.toLocaleString('en')} cases, ${wrong.toLocaleString('en')} crashed or judged wrongly, ` +
      `${seconds.toFixed(0)} s (${each}/s), ${workers} workers, seed ${seed}`,
  );
  if (wrong > 0) process.exitCode = 1;
}

function work(parser: ParserName, first: number): Promise<Tally> {
  const at = new Float64Array(new SharedArrayBuffer(8));
  const share: Share = { parser, seed, first, step: workers, end: count, at };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: share });
  return new Promise((resolve) => {
    const lost = (why: string): void => {
      clearInterval(watch);
      void worker.terminate();
      const failure = failureText(parser, seed, at[0] ?? first, { kind: 'lost', input: null, wrong: why });
      resolve({ byKind: new Map([['lost', { tried: 1, wrong: 1 }]]), failures: [failure] });
    };
    let seen = -1;
    const watch = setInterval(() => {
      if (at[0] === seen) lost(`did not end within ${LONGEST_CASE_MS} ms`);
      seen = at[0] ?? -1;
    }, LONGEST_CASE_MS);
    worker.on('message', (tally: Tally) => {
      clearInterval(watch);
      resolve(tally);
    });
    worker.on('error', (error: Error) => lost(`ended the process: ${error.stack ?? error.message}`));
  });
}
