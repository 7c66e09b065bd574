import t from 'tap';
import {
  DEFAULT_RESULTS,
  DEFAULT_STAGES,
  RESULT_STEPS,
  resultByDigits,
  resultsOf,
  typedOn,
  type ResultNode,
} from '../../lib/core/result.ts';

const results = resultsOf(DEFAULT_RESULTS);

void t.test('the results that ship: each code and each way of digits once, every stage known, every step used', (t) => {
  t.equal(new Set(results.map(({ code }) => code)).size, results.length);
  for (const { digits } of results) {
    t.strictSame(
      results.filter((other) => other.digits.startsWith(digits)).map((other) => other.digits),
      [digits],
      `${digits} begins no other`,
    );
  }
  for (const { code, stage } of results) t.ok(DEFAULT_STAGES.includes(stage), `${code}: ${stage}`);
  t.strictSame(new Set(results.map(({ then }) => then)), new Set(RESULT_STEPS));
  t.ok(
    results.filter(({ then }) => then === 'opt-out').every(({ digits }) => digits.length > 1),
    'one slip of a finger opts nobody out',
  );
  t.end();
});

void t.test('a result has the titles and digits of its groups before its own', (t) => {
  const tree: ResultNode[] = [
    {
      digit: '7',
      title: 'а',
      of: [
        {
          digit: '0',
          title: 'б',
          of: [{ digit: '7', title: 'в', code: 'deep', stage: 's', then: 'retry', afterMin: 5 }],
        },
      ],
    },
  ];
  t.strictSame(resultsOf(tree), [
    { code: 'deep', titles: ['а', 'б', 'в'], digits: '707', stage: 's', target: false, then: 'retry', afterMin: 5 },
  ]);
  t.end();
});

void t.test('digits give a result, the beginning of some, or nothing', (t) => {
  const cases: readonly (readonly [typed: string, said: string])[] = [
    ['', 'more'],
    ['1', 'interested'],
    ['3', 'more'],
    ['31', 'call-back-soon'],
    ['33', 'more'],
    ['331', 'more'],
    ['3314', 'more'],
    ['33140', 'more'],
    ['331405', 'call-back 14:5'],
    ['330000', 'call-back 0:0'],
    ['332359', 'call-back 23:59'],
    ['332400', 'none'],
    ['333', 'none'],
    ['3324', 'none'],
    ['33146', 'none'],
    ['3314059', 'none'],
    ['12', 'none'],
    ['34', 'none'],
    ['7', 'none'],
    ['9', 'more'],
    ['99', 'do-not-call'],
  ];
  for (const [typed, said] of cases) {
    const read = resultByDigits(results, typed);
    const text =
      read.kind !== 'result'
        ? read.kind
        : [read.result.code, ...(read.at === null ? [] : [`${read.at.hour}:${read.at.minute}`])].join(' ');
    t.equal(text, said, typed);
  }
  t.end();
});

void t.test(
  'in a talk an entry begins with *, in wrap-up with any digit; * begins anew; other keys are nothing',
  (t) => {
    const typing = (keys: string, talking: boolean) =>
      [...keys].reduce((typed, key) => typedOn(typed, key, talking), '');
    for (const [keys, talking, typed] of [
      ['4', true, ''],
      ['12*4', true, '*4'],
      ['*3*99', true, '*99'],
      ['4', false, '4'],
      ['3*2', false, '*2'],
      ['3#1', false, '31'],
      ['#', true, ''],
    ] as const) {
      t.equal(typing(keys, talking), typed, `${keys} ${talking ? 'in a talk' : 'in wrap-up'}`);
    }
    t.end();
  },
);
