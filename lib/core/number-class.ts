import { countryOf, isEmergency, type Phone } from './phone.ts';
import type { NumberCode } from './verdict.ts';

/** What a number is for; `other` when only its country is known. */
export type NumberKind = 'geographic' | 'mobile' | 'service' | 'premium' | 'unassigned' | 'other';

/** A number's place in its plan. */
export interface NumberClass {
  readonly kind: NumberKind;
  /** ISO code of the country or territory whose law applies; `?` when unknown. */
  readonly jurisdiction: string;
}

/** The plan of +7 by the first digits after it; the first match counts. Validity libraries call most of these valid. */
const PLAN_OF_7: readonly (readonly [prefix: string, kind: NumberKind, jurisdiction: string])[] = [
  ['9', 'mobile', 'RU'],
  ['4', 'geographic', 'RU'],
  ['3', 'geographic', 'RU'],
  ['809', 'premium', 'RU'],
  ['80', 'service', 'RU'],
  ['8', 'geographic', 'RU'],
  ['6', 'other', 'KZ'],
  ['7', 'other', 'KZ'],
  ['', 'unassigned', 'RU'],
];

/** Codes of +7 used in Abkhazia. */
const ABKHAZIA = /^\+7[89]40/;

/** Tells the class of a canonical number. */
export function classOf(phone: Phone): NumberClass {
  if (!phone.startsWith('+7')) return { kind: 'other', jurisdiction: countryOf(phone) ?? '?' };
  if (ABKHAZIA.test(phone)) return { kind: 'other', jurisdiction: 'GE-AB' };
  const row = PLAN_OF_7.find(([prefix]) => phone.startsWith(prefix, 2));
  return { kind: row?.[1] ?? 'unassigned', jurisdiction: row?.[2] ?? '?' };
}

/** Why this number may not be dialed under the law of these jurisdictions; null when it may. */
export function numberFault(
  phone: Phone,
  jurisdictions: readonly string[],
): { readonly code: NumberCode; readonly detail: string } | null {
  const digits = phone.replace(/\D/g, '');
  if (isEmergency(digits)) return { code: 'NUMBER_EMERGENCY', detail: 'an emergency number' };
  if (digits.length <= 6) return { code: 'NUMBER_SHORT', detail: `${digits.length} digits` };
  if (!/^\+(?:7\d{10}|[1-689]\d{6,14})$/.test(phone)) {
    return { code: 'NUMBER_MALFORMED', detail: 'not a number in E.164: import it again' };
  }
  const { kind, jurisdiction } = classOf(phone);
  switch (kind) {
    case 'service':
      return { code: 'NUMBER_SERVICE_CODE', detail: `service code ${phone.slice(2, 5)}` };
    case 'premium':
      return { code: 'NUMBER_PREMIUM', detail: `premium code ${phone.slice(2, 5)}` };
    case 'unassigned':
      return { code: 'NUMBER_UNASSIGNED', detail: `+7 ${phone.slice(2, 5)} is assigned to nobody` };
    case 'geographic':
    case 'mobile':
    case 'other':
      if (jurisdictions.includes(jurisdiction)) return null;
      return {
        code: 'NUMBER_FOREIGN_JURISDICTION',
        detail: `a number of ${jurisdiction}; the policy covers ${jurisdictions.join(', ')}`,
      };
  }
}
