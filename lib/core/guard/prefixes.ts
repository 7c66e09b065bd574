import type { Phone } from '../phone.ts';

/** Beginnings of numbers in E.164, such as `+7916`, that may and may not be dialed: a guard against toll fraud, not a law. */
export interface PrefixRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** Russian geographic and mobile numbers; no service and premium codes, and nothing abroad, satellites included. */
export const USUAL_PREFIXES: PrefixRules = { allow: ['+73', '+74', '+78', '+79'], deny: ['+780'] };

/** Why a number may not be dialed by these rules, of which the longest that fits counts; null when it may. */
export function prefixFault(phone: Phone, { allow, deny }: PrefixRules): string | null {
  const allowed = longest(phone, allow);
  const denied = longest(phone, deny);
  if (denied !== null && denied.length >= (allowed?.length ?? 0)) return `${denied} is denied by dial.deny in config`;
  return allowed === null ? 'its beginning is not among dial.allow in config' : null;
}

function longest(phone: Phone, prefixes: readonly string[]): string | null {
  return prefixes.reduce<string | null>(
    (best, prefix) => (phone.startsWith(prefix) && prefix.length > (best?.length ?? 0) ? prefix : best),
    null,
  );
}
