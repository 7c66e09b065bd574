import { createHmac, randomBytes } from 'node:crypto';
import t from 'tap';
import { hmacSha256 } from '../../lib/store/keyed-hash.ts';

void t.test('the keyed hash is HMAC-SHA-256, whatever key and content', async (t) => {
  for (const [keyBytes, contentBytes] of [
    [32, 0],
    [32, 34],
    [32, 128],
    [32, 256],
    [32, 258],
    [1, 10],
    [64, 128],
  ] as const) {
    const key = randomBytes(keyBytes);
    const content = randomBytes(contentBytes / 2).toString('hex');
    const hashed = hmacSha256(key);
    // Twice: nothing of a longer content is left in the next.
    for (const said of [content, content.slice(1)]) {
      t.equal(hashed(said, 'hex'), createHmac('sha256', key).update(said).digest('hex'));
    }
  }
  t.equal(
    hmacSha256(Buffer.from('4a656665', 'hex'))('what do ya want for nothing?', 'hex'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    'RFC 4231, case 2',
  );
  t.throws(() => hmacSha256(randomBytes(65)), /longer than a block/);
});
