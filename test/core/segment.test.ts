import t from 'tap';
import { covers, matches, segmentOf, type Facets, type Filter } from '../../lib/core/segment.ts';

const LEAD: Facets = {
  list: 'october.csv',
  disposition: 'no-answer',
  result: null,
  region: 'Москва',
  zone: null,
  priority: 3,
  attempts: 2,
  vars: { debt: '1 200,50', city: 'Тверь', note: 'ask 7' },
};

void t.test('a lead meets a filter when it meets every key of it', async (t) => {
  const cases: readonly (readonly [Filter, boolean])[] = [
    [{ list: 'october.csv' }, true],
    [{ list: ['september.csv', 'october.csv'] }, true],
    [{ list: 'october.csv', disposition: 'busy' }, false],
    [{ region: ' МОСКВА ' }, true],
    [{ result: '' }, true],
    [{ result: ['', 'отказ'], disposition: ['no-answer', 'busy'] }, true],
    [{ disposition: '' }, false],
    [{ priority: 3 }, true],
    [{ priority: { min: 4 } }, false],
    [{ attempts: { min: 2, max: 2 } }, true],
    [{ debt: { min: 1200.5, max: 1200.5 } }, true],
    [{ debt: { max: 1000 } }, false],
    [{ note: { min: 0 } }, false],
    [{ city: 'тверь' }, true],
    [{ absent: '' }, true],
    [{ absent: { min: 0 } }, false],
    [{ constructor: '' }, true],
  ];
  for (const [filter, wanted] of cases) t.equal(matches(filter, LEAD), wanted, JSON.stringify(filter));
});

void t.test('a lead belongs to the first segment it meets', async (t) => {
  const segments = [
    { name: 'busy', where: { disposition: 'busy' } },
    { name: 'silent', where: { disposition: 'no-answer' } },
    { name: 'all', where: { attempts: { min: 0 } } },
  ];
  t.equal(segmentOf(LEAD, segments)?.name, 'silent');
  t.equal(segmentOf({ ...LEAD, disposition: null }, segments)?.name, 'all');
  t.equal(segmentOf(LEAD, segments.slice(0, 1)), null);
});

void t.test('a filter covers another when nobody can meet that one without meeting it', async (t) => {
  const cases: readonly (readonly [Filter, Filter, boolean])[] = [
    [{ region: 'Москва' }, { region: 'москва', priority: 1 }, true],
    [{ region: ['a', 'b'] }, { region: 'b' }, true],
    [{ region: 'b' }, { region: ['a', 'b'] }, false],
    [{ priority: { min: 1 } }, { priority: { min: 2, max: 5 } }, true],
    [{ priority: { min: 2 } }, { priority: 1 }, false],
    [{ priority: 1 }, { attempts: 1 }, false],
    [{ debt: '5' }, { debt: 5 }, false],
  ];
  for (const [wide, narrow, wanted] of cases) {
    t.equal(covers(wide, narrow), wanted, `${JSON.stringify(wide)} ${JSON.stringify(narrow)}`);
  }
});
