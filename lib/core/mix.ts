/** A part of a base that calls are taken from. */
export interface Part {
  /** Its id; 0: leads of no segment. */
  readonly segment: number;
  /** Above 0: its part in the mix of new calls. */
  readonly share: number;
}

/**
 * How far the mix has come: parts stand on one scale, on which a call of a part takes 1 ÷ its share. `next` is where a
 * part's next call stands; nothing before `at` is made up for, so a part that had nobody to call takes no revenge.
 */
export interface Mix {
  readonly at: number;
  readonly next: ReadonlyMap<number, number>;
}

/** No call was taken yet. */
export const NEW_MIX: Mix = { at: 0, next: new Map() };

/** The mix of these parts; one new to it begins in the middle of its step, so that small parts do not all go first. */
export function mixOf(parts: readonly Part[], { at, next }: Mix = NEW_MIX): Mix {
  const joined = parts.filter(({ segment }) => !next.has(segment));
  return {
    at,
    next: new Map([...next, ...joined.map(({ segment, share }) => [segment, at + 1 / (2 * share)] as const)]),
  };
}

function standing({ at, next }: Mix, { segment }: Part): number {
  return Math.max(at, next.get(segment) ?? at);
}

/** Whose turn it is among the parts that have somebody to call, the first of equals; null without any. */
export function turnOf<P extends Part>(mix: Mix, open: readonly P[]): P | null {
  let first: P | null = null;
  for (const part of open) if (first === null || standing(mix, part) < standing(mix, first)) first = part;
  return first;
}

/** The mix after a call of this part. */
export function taken(mix: Mix, part: Part): Mix {
  const at = standing(mix, part);
  return { at, next: new Map(mix.next).set(part.segment, at + 1 / part.share) };
}
