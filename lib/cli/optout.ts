import type { OptOut } from '../control/results.ts';
import type { Cli } from './cli.ts';
import { clean } from './clean.ts';
import { localTime } from './print.ts';

/** `obzvon optout add PHONE` */
export async function add(cli: Cli, phone: string, options: { source: string; note?: string }): Promise<void> {
  const { source, note } = options;
  const result = await cli.call('optout.add', { phone, source, ...(note === undefined ? {} : { note }) });
  cli.show(result, ({ phone, added, optOut }) =>
    added ? `${phone} will not be called again\n` : `${phone} was opted out before: ${optOutText(optOut)}\n`,
  );
}

/** `obzvon optout show PHONE` */
export async function show(cli: Cli, phone: string): Promise<void> {
  cli.show(await cli.call('optout.show', { phone }), ({ phone, optOut }) =>
    optOut === null ? `${phone} is not opted out\n` : `${phone} is opted out: ${optOutText(optOut)}\n`,
  );
}

function optOutText({ at, source, attempt, note }: OptOut): string {
  const call = attempt === null ? '' : `, in call ${attempt}`;
  return clean(`${localTime(at)} by ${source}${call}${note === null ? '' : `, ${note}`}`);
}
