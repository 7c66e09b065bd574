declare const phone: unique symbol;

/** A number in canonical E.164: `+` and 7 to 15 digits. Made by `parsePhone` alone. */
export type Phone = string & { readonly [phone]: true };
