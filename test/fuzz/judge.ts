import { parsePhone, type ParsedPhone } from '../../lib/core/phone.ts';
import { mayFollow7 } from './plan.ts';
import type { Sample } from './spellings.ts';

/** Words that may stand beside a number without being part of it, and those that may end a list of one. */
const LABELS =
  /(?<=\s)(?:или|и|or|and)(?=\s)|телефон|тел|мобильный|моб|сотовый|сот|рабочий|раб|домашний|дом|phone|tel|mobile|mob|cell/giu;

/** What the parser did wrong with a sample; null: nothing. */
export function wrongWith({ text, right }: Sample): string | null {
  let parsed: ParsedPhone;
  try {
    parsed = parsePhone(text);
  } catch (error) {
    return `threw ${String(error)}`;
  }
  if (!parsed.ok) {
    if (right === 'refused' || right === 'unknown') return null;
    if ('phone' in right) return `refused as ${parsed.code} what is ${right.phone}`;
    return parsed.code === right.code ? null : `refused as ${parsed.code} what is ${right.code}`;
  }
  if (right === 'refused') return `accepted as ${parsed.phone} what is none`;
  if (right !== 'unknown') {
    if ('code' in right) return `accepted as ${parsed.phone} what is ${right.code}`;
    if (parsed.phone !== right.phone) return `accepted as ${parsed.phone} what is ${right.phone}`;
  }
  const again = parsePhone(parsed.phone);
  if (!again.ok || again.phone !== parsed.phone) return `${parsed.phone} does not parse to itself`;
  return acceptedWrongly(text, parsed.phone);
}

/** Judges an accepted number by its text and the plan alone. */
function acceptedWrongly(text: string, phone: string): string | null {
  if (!/^\+[1-9]\d{6,14}$/.test(phone)) return `accepted as ${phone}, which is no E.164`;
  if (/\p{Cc}/u.test(text)) return `accepted as ${phone} in spite of a control character`;
  if (/\p{L}/u.test(text.replace(/\p{Cf}/gu, '').replace(LABELS, '')))
    return `accepted as ${phone} in spite of letters`;
  if (/(?![0-9])\p{N}/u.test(text)) return `accepted as ${phone} in spite of foreign digits`;
  const written = text.replace(/[^0-9]/g, '');
  const hasPlus = /[+\uff0b]/.test(text);
  const number = phone.slice(1);
  if (number.startsWith('7')) {
    const national = number.slice(1);
    const ways = hasPlus ? [`7${national}`] : [national, `7${national}`, `8${national}`, `8107${national}`];
    if (!ways.includes(written)) return `accepted as ${phone}, with other digits than its text`;
    return mayFollow7(national) ? null : `accepted as ${phone}, a code nobody has`;
  }
  // Abroad a trunk prefix inside the number is dropped, +44 (0)20…, and San Marino gets its 0549.
  const dialed = hasPlus ? written : written.replace(/^810/, '');
  if (!hasPlus && !written.startsWith('810')) return `accepted as ${phone} without a country code`;
  const dropped = dialed.length - number.length;
  if (dropped < -4 || dropped > 3 || !isWithin(commonEnd(number), dialed)) {
    return `accepted as ${phone}, with other digits than its text`;
  }
  return null;
}

/** The subscriber's part, which no country rewrites. */
function commonEnd(number: string): string {
  return number.slice(-5);
}

function isWithin(part: string, whole: string): boolean {
  return whole.endsWith(part);
}
