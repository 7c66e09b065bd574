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
