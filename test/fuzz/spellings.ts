import { ABC, ABKHAZIA, ABROAD, EMERGENCY, KAZAKHSTAN, MOBILE } from './plan.ts';

/** A text, and what it must come to: one number, one code of refusal, or any refusal. */
export interface Sample {
  readonly text: string;
  readonly right: { readonly phone: string } | { readonly code: string } | 'refused' | 'unknown';
  readonly kind: string;
}

type Random = () => number;
type Maker = (random: Random) => Omit<Sample, 'kind'>;

const below = (random: Random, n: number): number => Math.floor(random() * n);
const of = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;
function digits(random: Random, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += below(random, 10);
  return text;
}

const SPACES = [' ', '\u00a0', '\u202f', '\u2009', '  '];
const DASHES = ['-', '‑', '–', '—', '−'];
const BEFORE = ['', '', '', ' ', "'", '"', '\u200e', '\u202a', '\ufeff', 'тел. ', 'Тел.: ', 'моб. ', 'tel:', 'Phone: '];
const AFTER = ['', '', '', ' ', '"', '\u202c', '\u200b', ';', ' ,'];

/** Ten digits as one of the many ways to set them apart. */
function grouped(random: Random, n: string): string {
  const [a, b, c, d] = [n.slice(0, 3), n.slice(3, 6), n.slice(6, 8), n.slice(8)];
  const s = of(random, SPACES);
  const h = of(random, DASHES);
  switch (below(random, 7)) {
    case 0:
      return n;
    case 1:
      return `(${a}) ${b}-${c}-${d}`;
    case 2:
      return `(${a})${s}${b}${h}${c}${h}${d}`;
    case 3:
      return [a, b, c, d].join(s);
    case 4:
      return [a, b, c, d].join(h);
    case 5:
      return [a, b, c, d].join('.');
    default:
      return `${a}${s}${b}${c}${d}`;
  }
}

/** A number of +7 as people write it, bare of anything around. */
function spelled(random: Random, national: string): string {
  const body = grouped(random, national);
  const gap = of(random, ['', '', ' ', '-', '\u00a0']);
  switch (below(random, 6)) {
    case 0:
      return `+7${gap}${body}`;
    case 1:
      return `8${gap}${body}`;
    case 2:
      return `7${gap}${body}`;
    case 3:
      return body;
    case 4:
      return `(+7)${gap}${body}`;
    default:
      return `\uff0b7${gap}${body}`;
  }
}

const russian = (random: Random): string =>
  random() < 0.7 ? of(random, MOBILE) + digits(random, 7) : of(random, ABC) + digits(random, 7);
const wrapped = (random: Random, text: string): string => of(random, BEFORE) + text + of(random, AFTER);

/** Puts `piece` somewhere inside the text. */
function inserted(random: Random, text: string, piece: string): string {
  const at = 1 + below(random, text.length - 1);
  return text.slice(0, at) + piece + text.slice(at);
}

const LOOKALIKES: Readonly<Record<string, readonly string[]>> = {
  '0': ['О', 'O', 'о', 'o', '０', '٠', '۰'],
  '1': ['l', 'I', '|1', '１', '١', '۱'],
  '3': ['З', 'з', '３', '٣'],
  '5': ['S', '５', '٥'],
  '6': ['б', '６', '٦'],
  '8': ['В', 'B', '８', '٨'],
};

const MAKERS: Readonly<Record<string, Maker>> = {
  'a Russian number': (random) => {
    const n = russian(random);
    return { text: wrapped(random, spelled(random, n)), right: { phone: `+7${n}` } };
  },
  'Kazakhstan and Abkhazia': (random) => {
    const n = of(random, random() < 0.6 ? KAZAKHSTAN : ABKHAZIA) + digits(random, 7);
    return { text: wrapped(random, spelled(random, n)), right: { phone: `+7${n}` } };
  },
  'a number abroad': (random) => {
    const [fixed, free] = of(random, ABROAD);
    const number = fixed + digits(random, free);
    const prefix = of(random, ['+', '+', '\uff0b', '8 10 ', '810', '8-10-', '8~10'.replace('~', ' ')]);
    const gap = of(random, ['', ' ', '-']);
    const text = `${prefix}${number.slice(0, 3)}${gap}${number.slice(3, 7)}${gap}${number.slice(7)}`;
    return { text: wrapped(random, text), right: { phone: `+${number}` } };
  },
  'an extension': (random) => {
    const sign = of(random, [' доб. ', ' доб.', ' (доб. ', ' вн. ', '#', ' ext ', 'x', ',,', ' № ', '*']);
    const text = `${spelled(random, russian(random))}${sign}${1 + below(random, 9)}${digits(random, below(random, 4))}`;
    return { text: sign.includes('(') ? `${text})` : text, right: { code: 'NUMBER_HAS_EXTENSION' } };
  },
  'two numbers': (random) => {
    const between = of(random, [', ', '; ', ' / ', ' | ', ' или ', ' и ', ' ', ',', ';']);
    const text = `8${russian(random)}${between}8${russian(random)}`;
    return { text: wrapped(random, text), right: { code: 'NUMBER_AMBIGUOUS' } };
  },
  'an emergency number': (random) => {
    const number = of(random, EMERGENCY);
    const bracketed = of(random, [number, `(${number})`, number.split('').join('-'), number.split('').join(' ')]);
    const prefix = of(random, ['', '', '8', '8-', '8 ', '+7 ', '7 ', '8(', '+7-']);
    const text = prefix.endsWith('(') ? `8(${number})` : prefix + bracketed;
    return { text: wrapped(random, text), right: { code: 'NUMBER_EMERGENCY' } };
  },
  'a short number': (random) => {
    const text = String(105 + below(random, 7)).padStart(3, '0') + digits(random, below(random, 4));
    return { text: wrapped(random, grouped(random, text).replace(/[-.\s]+$/, '') || text), right: 'refused' };
  },
  'damaged by a spreadsheet': (random) => {
    const n = `7${russian(random)}`;
    const mantissa = `${n[0]}${of(random, [',', '.'])}${n.slice(1, 3 + below(random, 8))}`;
    const text =
      random() < 0.7
        ? `${mantissa}${of(random, ['E+10', 'e+10', 'Е+10', 'E10', 'E+1'])}`
        : `${n}${of(random, ['.0', ',0', '.00', ',5'])}`;
    return { text: wrapped(random, text), right: 'refused' };
  },
  'a digit missing': (random) => {
    const n = of(random, MOBILE) + digits(random, 6);
    return { text: wrapped(random, of(random, ['+7', '8', '7', '']) + n), right: 'refused' };
  },
  'a digit too many': (random) => {
    const n = of(random, MOBILE) + digits(random, 8);
    return { text: wrapped(random, of(random, ['+7', '8', '7', '']) + n), right: 'refused' };
  },
  'letters and foreign digits': (random) => {
    let text = spelled(random, russian(random));
    const at = [...text].findIndex((sign, i) => sign in LOOKALIKES && (i > 3 || random() < 0.3));
    const sign = text[at];
    if (sign === undefined || !(sign in LOOKALIKES)) text += 'О';
    else text = text.slice(0, at) + of(random, LOOKALIKES[sign]!) + text.slice(at + 1);
    return { text, right: 'refused' };
  },
  'a control character inside': (random) => {
    const text = inserted(
      random,
      spelled(random, russian(random)),
      of(random, ['\t', '\n', '\r\n', '\0', '\u0085', '\u001b']),
    );
    return { text, right: 'refused' };
  },
  'words beside': (random) => {
    const word = of(random, ['Иван ', 'звонить после 18 ', 'н/д ', 'кв. ', '№ договора ', 'нет, ']);
    return { text: word + spelled(random, russian(random)), right: 'refused' };
  },
  'a spelling changed': (random) => {
    let text = wrapped(random, spelled(random, russian(random)));
    for (let changes = 1 + below(random, 3); changes > 0; changes--) {
      const at = below(random, text.length + 1);
      const piece = random() < 0.3 ? '' : of(random, NOISE);
      text = text.slice(0, at) + piece + text.slice(at + below(random, 2));
    }
    return { text, right: 'unknown' };
  },
  noise: (random) => {
    let text = '';
    for (let left = below(random, 24); left > 0; left--) {
      text += random() < 0.6 ? String(below(random, 10)) : of(random, NOISE);
    }
    return { text, right: 'unknown' };
  },
  'digits at random': (random) => ({
    text: of(random, ['', '+', '8', '+7', '810', '8 10 ', '+8']) + digits(random, below(random, 17)),
    right: 'unknown',
  }),
};

const NOISE = [
  ...'0123456789+-() .,;:/|*#xXеeEоОO№"\'<>=@~_',
  ...'\u00a0\u200e\u202c\ufeff\u0000\t\n',
  'доб. ',
  'тел',
  ' и ',
  '８',
  '٨',
  '۸',
  '𝟠',
  '😀',
  '\ud83d',
  '+7',
  '112',
];

const KINDS = Object.entries(MAKERS);

/** The next sample; the same random numbers give the same samples. */
export function nextSample(random: Random): Sample {
  const [kind, make] = of(random, KINDS);
  return { kind, ...make(random) };
}
