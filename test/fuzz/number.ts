import type { Fuzzer, Made } from './fuzzer.ts';
import { wrongWith } from './judge.ts';
import { nextSample, type Sample } from './spellings.ts';

/** Spellings of phone numbers against an oracle written from the number plan. */
export const fuzzNumber: Fuzzer<Made & { readonly sample: Sample }> = {
  make(random) {
    const sample = nextSample(random);
    return { kind: sample.kind, input: sample.text, sample };
  },
  judge: ({ sample }) => wrongWith(sample),
};
