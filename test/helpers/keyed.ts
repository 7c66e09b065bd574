import { keyedHash } from '../../lib/store/keyed-hash.ts';

/** The installation key of test databases, as its file has it. */
export const TEST_KEY = '07'.repeat(32);

/** What is made of it. */
export const KEYED = keyedHash(Buffer.from(TEST_KEY, 'hex'));
