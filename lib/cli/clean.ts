import { stripVTControlCharacters } from 'node:util';

/** C0, C1, and the marks that turn the direction of text. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Text from a lead base or a PBX, made harmless for a terminal. */
export function clean(text: string): string {
  return stripVTControlCharacters(text).replace(UNPRINTABLE, ' ');
}
