import { maskPhone, maskText } from '../log.ts';
import type { Role } from '../roles.ts';

/** Dates and times, which are long runs of digits too. */
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:$|[T ])/;

/** A reply as its reader may see it: who only reads sees numbers masked, wherever they stand. */
export function shownTo(role: Role, value: unknown): unknown {
  return role === 'read' ? masked(value) : value;
}

function masked(value: unknown): unknown {
  if (typeof value === 'string') return MOMENT.test(value) ? value : maskText(value.replace(/\+\d{7,15}/g, maskPhone));
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(masked);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [masked(key) as string, masked(one)]));
}
