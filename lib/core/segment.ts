/** A text or several: the field is one of them. */
export type OneOf = string | readonly string[];

/** A number, or bounds, both inclusive. */
export type Range = number | { readonly min?: number; readonly max?: number };

/**
 * Who belongs: every key given must hold. `list`, `disposition`, `result`, `region`, `zone` are the lead's own, `priority`
 * and `attempts` its numbers; any other key is an imported column.
 */
export type Filter = Readonly<Record<string, OneOf | Range>>;

/** A part of a campaign's base; a lead belongs to the first whose filter it meets. */
export interface Segment {
  readonly name: string;
  readonly where: Filter;
  /** Its part in the mix of new calls; 0: never called. */
  readonly share: number;
}

/** Keys of a filter that are the lead's own; the others are imported columns. */
export const LEAD_TEXTS = ['list', 'disposition', 'result', 'region', 'zone'] as const;
export const LEAD_NUMBERS = ['priority', 'attempts'] as const;

/** What a filter looks at. */
export type Facets = Readonly<Record<(typeof LEAD_TEXTS)[number], string | null>> &
  Readonly<Record<(typeof LEAD_NUMBERS)[number], number>> & {
    /** Imported columns. */
    readonly vars: Readonly<Record<string, string>>;
  };

/** Where leads stand that no segment of the file takes. */
export const NO_SEGMENT = 0;
/** Where leads stand that the campaign's `where` leaves out. */
export const LEFT_OUT = -1;

/** How a campaign's base is parted. */
export interface Parting {
  readonly where: Filter | undefined;
  readonly segments: readonly { readonly id: number; readonly where: Filter }[];
}

/** The id of the segment a lead belongs to; `NO_SEGMENT`, or `LEFT_OUT` when `where` is not met. */
export function placeIn({ where, segments }: Parting, lead: Facets): number {
  if (where !== undefined && !matches(where, lead)) return LEFT_OUT;
  return segmentOf(lead, segments)?.id ?? NO_SEGMENT;
}

type Test = (lead: Facets) => boolean;

/** Filters are asked about every lead of a base: each is read once. */
const tests = new WeakMap<Filter, Test>();

/**
 * Whether a lead meets a filter. Texts are compared without case and blanks around; the text "" stands for nothing
 * there. A range on an imported column takes its number as people write it, and no text that is none.
 */
export function matches(filter: Filter, lead: Facets): boolean {
  let test = tests.get(filter);
  if (test === undefined) tests.set(filter, (test = testOf(filter)));
  return test(lead);
}

/** The segment a lead belongs to, the first whose filter it meets; null: none. */
export function segmentOf<S extends Pick<Segment, 'where'>>(lead: Facets, segments: readonly S[]): S | null {
  return segments.find(({ where }) => matches(where, lead)) ?? null;
}

function testOf(filter: Filter): Test {
  const all = Object.entries(filter).map(([key, wanted]) => testOfKey(key, wanted));
  return (lead) => all.every((test) => test(lead));
}

function testOfKey(key: string, wanted: OneOf | Range): Test {
  const read = reader(key);
  if (isText(wanted)) {
    const words = new Set(wordsOf(wanted));
    return (lead) => words.has(plain(String(read(lead) ?? '')));
  }
  const { min, max } = boundsOf(wanted);
  return (lead) => {
    const value = numberIn(read(lead));
    return value !== null && value >= min && value <= max;
  };
}

function reader(key: string): (lead: Facets) => string | number | null {
  if (isLeadKey(key)) return (lead) => lead[key];
  return ({ vars }) => (Object.hasOwn(vars, key) ? (vars[key] ?? null) : null);
}

/** Whether a filter's key is the lead's own, not an imported column. */
export function isLeadKey(key: string): key is (typeof LEAD_TEXTS)[number] | (typeof LEAD_NUMBERS)[number] {
  return ([...LEAD_TEXTS, ...LEAD_NUMBERS] as readonly string[]).includes(key);
}

/** Keys of a filter that are imported columns. */
export function columnsOf(filter: Filter): string[] {
  return Object.keys(filter).filter((key) => !isLeadKey(key));
}

/** Whether every lead that meets `narrow` meets `wide` too, as far as the filters themselves can tell. */
export function covers(wide: Filter, narrow: Filter): boolean {
  return Object.entries(wide).every(([key, wanted]) => {
    const given = narrow[key];
    if (given === undefined) return false;
    if (isText(wanted) !== isText(given)) return false;
    if (isText(wanted)) {
      const words = new Set(wordsOf(wanted));
      return wordsOf(given as OneOf).every((word) => words.has(word));
    }
    const [outer, inner] = [boundsOf(wanted), boundsOf(given as Range)];
    return outer.min <= inner.min && outer.max >= inner.max;
  });
}

function wordsOf(wanted: OneOf): string[] {
  return (typeof wanted === 'string' ? [wanted] : wanted).map(plain);
}

function isText(wanted: OneOf | Range): wanted is OneOf {
  return typeof wanted === 'string' || Array.isArray(wanted);
}

function boundsOf(wanted: Range): { readonly min: number; readonly max: number } {
  if (typeof wanted === 'number') return { min: wanted, max: wanted };
  return { min: wanted.min ?? -Infinity, max: wanted.max ?? Infinity };
}

function plain(text: string): string {
  return text.trim().toLowerCase();
}

/** `1 200,50` → 1200.5; null when it is no number. */
function numberIn(value: string | number | null): number | null {
  if (typeof value !== 'string') return value;
  const text = value.replace(/\s/g, '').replace(',', '.');
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}
