import type { Cli } from './cli.ts';
import { localTime, table, timeOrNull } from './print.ts';

/** `obzvon consent show PHONE` */
export async function show(cli: Cli, phone: string): Promise<void> {
  cli.show(await cli.call('consent.show', { phone }), ({ phone, consents }) => {
    if (consents.length === 0) return `${phone}: no consent\n`;
    return table(
      cli.io,
      ['ID', 'KINDS', 'PURPOSES', 'ENTITIES', 'GIVEN', 'EXPIRES', 'WITHDRAWN', 'VERIFIED BY', 'EVIDENCE', 'SOURCE'],
      consents.map((consent) => [
        consent.id,
        consent.kinds.join(','),
        consent.purposes.length === 0 ? 'all' : consent.purposes.join(','),
        consent.entities.join(',') || 'none',
        localTime(consent.givenAt),
        timeOrNull(consent.expiresAt),
        timeOrNull(consent.withdrawnAt),
        consent.verifiedBy,
        consent.evidence,
        consent.source,
      ]),
    );
  });
}
