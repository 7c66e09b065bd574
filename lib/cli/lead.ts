import type { Duplicates } from '../control/commands/imports.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { table } from './print.ts';

/** `obzvon lead duplicates CAMPAIGN` */
export async function duplicates(cli: Cli, campaign: string, options: { limit: number }): Promise<void> {
  const found = await cli.call('lead.duplicates', { campaign, named: options.limit });
  cli.show(found, (result) => duplicatesText(cli.io, result));
}

function duplicatesText(io: Io, { campaign, numbers, leads, campaigns }: Duplicates): string {
  if (campaigns.length === 0) return `no other campaign has any of the ${numbers} numbers of ${campaign}\n`;
  return (
    `${leads} leads of ${campaign} are in other campaigns too; it has ${numbers} numbers\n` +
    table(
      io,
      ['ALSO IN', 'NUMBERS', 'LEADS', 'FIRST OF THEM'],
      campaigns.map((other) => [other.name, other.numbers, other.leads, other.first.join(' ')]),
    )
  );
}
