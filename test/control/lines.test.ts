import t from 'tap';
import { createLineSplitter } from '../../lib/control/lines.ts';

function collect(maxBytes: number) {
  const lines: string[] = [];
  let tooLong = 0;
  const push = createLineSplitter(
    maxBytes,
    (line) => lines.push(line),
    () => tooLong++,
  );
  return { push: (text: string | Buffer) => push(Buffer.from(text)), lines, tooLong: () => tooLong };
}

await t.test('lines come out whole wherever the stream is cut, even inside a letter', async (t) => {
  const bytes = Buffer.from('{"имя":"Анна"}\n{"a":1}\n\n{"b":2}\r\n');
  for (let cut = 0; cut <= bytes.length; cut++) {
    const { push, lines } = collect(100);
    push(bytes.subarray(0, cut));
    push(bytes.subarray(cut));
    t.same(lines, ['{"имя":"Анна"}', '{"a":1}', '{"b":2}'], `cut at ${cut}`);
  }
});

await t.test('a line without its end is not a line yet', async (t) => {
  const { push, lines } = collect(100);
  push('{"a":1}');
  t.same(lines, []);
});

await t.test('a line over the limit is told once, and nothing behind it is read', async (t) => {
  const { push, lines, tooLong } = collect(8);
  push('12345678\n');
  push('1234');
  push('56789');
  push('\nok\n');
  t.same(lines, ['12345678']);
  t.equal(tooLong(), 1);
});
