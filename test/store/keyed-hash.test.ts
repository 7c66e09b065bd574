import { createHmac, randomBytes } from 'node:crypto';
import t from 'tap';
import { hmacSha256 } from '../../lib/store/keyed-hash.ts';

void t.test('the keyed hash is HMAC-SHA-256, whatever key and content', async (t) => {
  for (const [keyBytes, contentBytes] of [
    [32, 0],
    [32, 17],
    [32, 64],
    [32, 1_000],
    [1, 5],
    [64, 64],
  ] as const) {
    const [key, content] = [randomBytes(keyBytes), randomBytes(contentBytes)];
    t.same(hmacSha256(key)(content), createHmac('sha256', key).update(content).digest());
  }
  const key = Buffer.from('4a656665', 'hex');
  t.equal(
    hmacSha256(key)('what do ya want for nothing?').toString('hex'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    'RFC 4231, case 2',
  );
  t.throws(() => hmacSha256(randomBytes(65)), /more than 64 bytes/);
});
