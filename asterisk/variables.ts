import { PbxError } from '../lib/dialer/pbx.ts';

/** What the dialer sets itself, and names that are nobody else's: never a variable of Asterisk's or of the dialplan. */
const NAME = /^(?:OBZ_APP|OBZ_ATTEMPT|TIMEOUT\(absolute\)|OBZVON_[A-Z0-9_]{1,64})$/;
const MOST_CHARACTERS = 200;

/** The last look at a channel's variables before they go out; PbxError when one is not ours to set or cannot be trusted. */
export function wireVariables(variables: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, value] of Object.entries(variables)) {
    if (!NAME.test(name)) throw new PbxError('refused', `not a channel variable of obzvon: ${JSON.stringify(name)}`);
    // A line end would begin a header wherever the dialplan passes the value on; `${` would be read as an expression.
    if (value.length > MOST_CHARACTERS || /[\x00-\x1f\x7f-\x9f\u2028\u2029]|\$[{[]/.test(value)) {
      throw new PbxError('refused', `channel variable ${name}: over ${MOST_CHARACTERS} characters, or not plain text`);
    }
  }
  return { ...variables };
}
