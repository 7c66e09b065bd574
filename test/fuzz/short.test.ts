import t from 'tap';
import { failureText } from './fuzzer.ts';
import { PARSERS, type ParserName } from './parsers.ts';

/** The first cases of each parser's fuzz; `npm run prove:fuzz` tries ten million. */
const COUNTS: Readonly<Record<ParserName, number>> = {
  csv: 5_000,
  number: 20_000,
  ari: 20_000,
  ami: 10_000,
  cli: 10_000,
  config: 5_000,
};

for (const [parser, count] of Object.entries(COUNTS) as [ParserName, number][]) {
  await t.test(`${parser}: no generated input crashes the parser or is taken for what it is not`, async (t) => {
    const tryOne = await PARSERS[parser]();
    const failures: string[] = [];
    for (let index = 0; index < count && failures.length < 5; index++) {
      const tried = await tryOne(2, index);
      if (tried.wrong !== null) failures.push(failureText(parser, 2, index, tried));
    }
    t.same(failures, []);
  });
}

await t.test('a failure replays: the same seed and index make the same input', async (t) => {
  for (const parser of Object.keys(PARSERS) as ParserName[]) {
    const tryOne = await PARSERS[parser]();
    const [one, again, other] = [await tryOne(7, 41), await tryOne(7, 41), await tryOne(8, 41)];
    t.same(one.input, again.input, parser);
    t.notSame(one.input, other.input, parser);
  }
});
