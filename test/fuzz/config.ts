import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parseCampaign } from '../../lib/campaign-file.ts';
import type { Problem } from '../../lib/problems.ts';
import type { Random } from '../../lib/sim/random.ts';
import { parseYaml, readSchema, readYaml, validated } from '../../lib/validate.ts';
import { below, chance, of, type Fuzzer, type Made } from './fuzzer.ts';
import { readerOf } from './schema-reading.ts';

/*
 * Config files, campaign files and policy packs that are good, and mutations of them: accepted and then equal to what the
 * second reading of the schema makes of them, or refused with a sentence and its place. Nineteen in twenty are values, as
 * YAML is slow to parse; the others are a text in any style of YAML, spoiled or with aliases that would fill the memory.
 */

type Kind = 'config' | 'campaign' | 'policy';

interface ConfigCase extends Made {
  readonly schema: Kind;
  readonly text: string | null;
  /** What it says; `unknown` when the text was spoiled. */
  readonly value: unknown;
  readonly isKnown: boolean;
}

const folder = (path: string): string[] => {
  const url = new URL(`../../${path}/`, import.meta.url);
  return readdirSync(url)
    .filter((name) => /\.(yaml|json)$/.test(name))
    .sort()
    .map((name) => readFileSync(new URL(name, url), 'utf8'));
};
const GOOD: Readonly<Record<Kind, readonly string[]>> = {
  config: folder('test/data/config/good'),
  campaign: folder('test/data/campaign/good'),
  policy: folder('lib/data/policies'),
};
const VALUES = Object.fromEntries(
  Object.entries(GOOD).map(([kind, texts]) => [
    kind,
    texts.map((text) => readYaml(text, kind, kind as Kind).asWritten),
  ]),
) as unknown as Readonly<Record<Kind, readonly unknown[]>>;
const SECOND = {
  config: readerOf(readSchema('config')),
  campaign: readerOf(readSchema('campaign')),
  policy: readerOf(readSchema('policy')),
};

const ODD: readonly unknown[] = [
  ...[null, true, false, '', ' ', 'x', '0', '10:00', '25:00', '+79161234567', 'sound:x', 'constructor', '\ud800', '😀'],
  ...[0, -1, 1, 0.5, 1e9, 1e300, 2 ** 53, 0.1 + 0.2, 'x'.repeat(300), '{number}', 'a\nb', '\0', '__proto__'],
  ...[[], [1], ['x', 'x'], {}, { x: 1 }, [[]], { constructor: {} }, [null], ['busy'], 'never', 'all', '2026-02-30'],
];
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'x',
  '',
  'name',
  'Name',
  'kind',
  'pbx',
  'where',
  'of',
  'длина',
  'trunks',
];

/** A copy of its own; much faster than structuredClone. */
const copied = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

type Place = Record<string | number, unknown>;
const isPlace = (value: unknown): value is Place => typeof value === 'object' && value !== null;

/** Changes one place of the value, in place. */
function mutate(random: Random, value: unknown): void {
  if (!isPlace(value)) return;
  let place = value;
  for (let depth = below(random, 5); depth > 0; depth--) {
    const inner = Object.values(place).filter(isPlace);
    if (inner.length === 0) break;
    place = of(random, inner);
  }
  const key = of(random, Object.keys(place)) ?? 'x';
  switch (below(random, 6)) {
    case 0:
      if (Array.isArray(place)) place.splice(below(random, place.length), 1);
      else Reflect.deleteProperty(place, key);
      return;
    case 1:
      own(place, of(random, NAMES), copied(of(random, ODD)));
      return;
    case 2:
      if (Array.isArray(place)) place.push(copied(place[0] ?? null));
      else own(place, of(random, NAMES), place[key] ?? null);
      return;
    case 3:
      if (typeof place[key] === 'number') own(place, key, place[key] + of(random, [-1, 1, 0.5, 1e6, -1e6]));
      else if (typeof place[key] === 'string')
        own(place, key, place[key].slice(below(random, 3)) + of(random, ['', 'x']));
      return;
    default:
      own(place, key, copied(of(random, ODD)));
  }
}

function own(place: Place, key: string, value: unknown): void {
  if (Array.isArray(place)) place[Math.min(place.length, Number(key) || 0)] = value;
  else Object.defineProperty(place, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The value as YAML: in blocks, in flow, or both. */
function written(random: Random, value: unknown, indent = ''): string {
  if (!isPlace(value) || chance(random, 0.2)) return JSON.stringify(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return JSON.stringify(value);
  const inner = (one: unknown): string => {
    const text = written(random, one, `${indent}  `);
    return text.startsWith('\n') ? text : ` ${text}`;
  };
  const lines = Array.isArray(value)
    ? value.map((one) => `\n${indent}-${inner(one)}`)
    : entries.map(([key, one]) => {
        const plain =
          /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) && !/^(null|true|false|yes|no|on|off|y|n|__proto__)$/i.test(key);
        return `\n${indent}${plain ? key : JSON.stringify(key)}:${inner(one)}`;
      });
  return lines.join('');
}

const PIECES = [
  '"',
  "'",
  ':',
  ': ',
  '- ',
  '\n',
  '  ',
  '\t',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '!!int ',
  '!x ',
  '|',
  '>',
  '#',
  '?',
  '%',
  '---\n',
  '...',
  '\0',
  '<<: *a',
  '~',
  '@',
  '`',
];

function spoiled(random: Random, text: string): string {
  for (let left = 1 + below(random, 4); left > 0; left--) {
    const at = below(random, text.length + 1);
    text = text.slice(0, at) + (chance(random, 0.7) ? of(random, PIECES) : '') + text.slice(at + below(random, 3));
  }
  return text;
}

/** Texts that grow or nest without end. */
function bomb(random: Random): string {
  const deep = 10 ** (1 + below(random, 4));
  switch (below(random, 5)) {
    case 0: {
      const lines = [...'bcdefghij'].map(
        (name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(', ')}]`,
      );
      return `a: &a [x, x, x, x, x, x, x, x, x]\n${lines.join('\n')}\n`;
    }
    case 1:
      return '['.repeat(deep) + ']'.repeat(deep);
    case 2:
      return '{name: '.repeat(deep) + '1' + '}'.repeat(deep);
    case 3:
      return `name: &a {where: {all: [*a, *a]}}\nresults: &b [{digit: '1', title: x, of: *b}]\n`;
    default:
      return '- '.repeat(deep) + '1';
  }
}

function wrongProblems(problems: readonly Problem[], inFile: boolean): string | null {
  for (const { message, path, line, column } of problems) {
    if (message === '' || /undefined|\[object|NaN/.test(message)) return `says ${JSON.stringify(message)}`;
    if (typeof path !== 'string') return 'names no path';
    if (inFile && !(Number(line) >= 1 && Number(column) >= 1)) return `names no line for ${message}`;
  }
  return null;
}

/** Configs, campaigns and policy packs. */
export const fuzzConfig: Fuzzer<ConfigCase> = {
  make(random) {
    // Packs are long, and differ in little.
    const schema = chance(random, 0.05) ? 'policy' : of(random, ['config', 'campaign', 'campaign'] as const);
    if (chance(random, 0.000_05)) {
      const text = bomb(random);
      return { kind: 'a bomb', input: text.slice(0, 200), schema: 'campaign', text, value: null, isKnown: false };
    }
    const asText = schema !== 'policy' && chance(random, 0.05);
    const value = copied(of(random, VALUES[schema]));
    for (let left = chance(random, 0.1) ? 0 : 1 + below(random, 3); left > 0; left--) mutate(random, value);
    if (!asText) {
      const kind = `${schema}, a value`;
      return { kind, input: value, schema, text: null, value, isKnown: true };
    }
    const text = written(random, value);
    if (chance(random, 0.5)) return { kind: `${schema}, a text`, input: text, schema, text, value, isKnown: true };
    const spoiledText = spoiled(random, text);
    return { kind: `${schema}, a text spoiled`, input: spoiledText, schema, text: spoiledText, value, isKnown: false };
  },

  judge({ schema, text, value, isKnown }) {
    const second = copied(value);
    const right = isKnown ? SECOND[schema](second) : null;
    const told = text === null ? validated<unknown>(schema, value) : parseYaml<unknown>(text, 'file.yaml', schema);
    if (Object.keys(Object.prototype).length > 0) return 'changed Object.prototype';
    if (!told.ok) {
      if (right === true) return `refused: ${JSON.stringify(told.problems[0])}`;
      return told.problems.length === 0 ? 'refused without a reason' : wrongProblems(told.problems, text !== null);
    }
    if (right === false) return 'accepted';
    if (right === true && !isDeepStrictEqual(told.value, second)) return `taken for ${JSON.stringify(told.value)}`;
    // Of a spoiled text the value is what the parser says; the schema must hold for it all the same.
    if (right === null && !SECOND[schema](structuredClone(told.value))) return 'accepted what the schema refuses';
    return schema === 'campaign' && text !== null ? wrongCampaign(text, told.value) : null;
  },
};

/** A campaign the schema accepts may still be refused for what it means. */
function wrongCampaign(text: string, value: unknown): string | null {
  const told = parseCampaign(text, 'file.yaml', { trunks: ['pstn'] });
  if (told.ok) return isDeepStrictEqual(told.value, value) ? null : 'the campaign is not what its file says';
  return told.problems.length === 0 ? 'refused without a reason' : wrongProblems(told.problems, true);
}
