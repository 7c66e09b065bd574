import type { Commands } from '../control/commands.ts';
import type { OptOut } from '../control/commands/opt-outs.ts';
import type { Cli } from './cli.ts';
import { clean } from './clean.ts';
import { localTime } from './print.ts';

/** What was said, and how. */
type Said = Omit<Commands['optout.add']['args'], 'phone'>;

/** `obzvon optout add PHONE` */
export async function add(cli: Cli, phone: string, said: Said): Promise<void> {
  cli.show(await cli.call('optout.add', { ...said, phone }), addedText);
}

/** `obzvon optout lift PHONE --evidence TEXT` */
export async function lift(cli: Cli, phone: string, said: Said & { readonly evidence: string }): Promise<void> {
  cli.show(await cli.call('optout.lift', { ...said, phone }), ({ phone, lifted, released, optOuts }) => {
    const done = lifted
      ? `${phone}: the opt-out is lifted, ${released} leads go before the gate again\n`
      : `${phone} has no opt-out of this scope\n`;
    return done + standingText(phone, optOuts);
  });
}

/** `obzvon optout show PHONE` */
export async function show(cli: Cli, phone: string): Promise<void> {
  cli.show(await cli.call('optout.show', { phone }), ({ phone, optOuts }) =>
    optOuts.length === 0 ? `${phone} is not opted out\n` : standingText(phone, optOuts),
  );
}

/** What an opt-out came to, in a line. */
export function addedText({ phone, added, optOut }: Commands['optout.add']['result']): string {
  return added
    ? `${phone} will not be called again${wanted(optOut)}\n`
    : `${phone} was opted out before: ${optOutText(optOut)}\n`;
}

function standingText(phone: string, optOuts: readonly OptOut[]): string {
  return optOuts.map((optOut) => `${phone} is opted out${wanted(optOut)}: ${optOutText(optOut)}\n`).join('');
}

function wanted({ entity, purpose }: OptOut): string {
  return (purpose === null ? '' : ` for ${purpose}`) + (entity === null ? '' : ` on behalf of ${entity}`);
}

function optOutText({ at, source, attempt, note }: OptOut): string {
  const call = attempt === null ? '' : `, in call ${attempt}`;
  return clean(`${localTime(at)} by ${source}${call}${note === null ? '' : `, ${note}`}`);
}
