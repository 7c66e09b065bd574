import type { Line } from '../control/results.ts';
import type { Purpose } from '../core/campaign.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { localTime, table, timeOrNull, type Cell } from './print.ts';

interface LineOptions {
  readonly operator: string;
  readonly entity: string;
  readonly purposes: Purpose[];
  readonly label: string;
  readonly category: string;
  readonly contract?: string;
  readonly validFrom?: number;
  readonly validTo?: number;
  readonly status: Line['status'];
}

/** `obzvon line add PHONE` */
export async function add(cli: Cli, phone: string, options: LineOptions): Promise<void> {
  const { operator, entity, purposes, label, category, contract, validFrom, validTo, status } = options;
  const line = await cli.call('line.add', {
    phone,
    operator,
    entity,
    purposes,
    label,
    category,
    validFrom: validFrom ?? cli.io.clock.now(),
    status,
    ...(contract === undefined ? {} : { contract }),
    ...(validTo === undefined ? {} : { validTo }),
  });
  cli.show(line, (added) => lineTable(cli.io, [added]));
}

/** `obzvon line list` */
export async function list(cli: Cli): Promise<void> {
  cli.show(await cli.call('line.list', {}), ({ lines }) =>
    lines.length === 0 ? 'no caller numbers\n' : lineTable(cli.io, lines),
  );
}

function lineTable(io: Io, lines: readonly Line[]): string {
  return table(
    io,
    [
      'ID',
      'NUMBER',
      'OPERATOR',
      'ENTITY',
      'LABEL',
      'CATEGORY',
      'PURPOSES',
      'VALID FROM',
      'VALID TO',
      'VERIFIED',
      'STATUS',
    ],
    lines.map((line) => [
      line.id,
      line.phone,
      line.operator,
      line.entity,
      line.label,
      line.category,
      line.purposes.join(','),
      localTime(line.validFrom),
      timeOrNull(line.validTo),
      timeOrNull(line.verifiedAt),
      statusCell(line.status),
    ]),
  );
}

function statusCell(status: Line['status']): Cell {
  return status === 'active' ? status : { text: status, style: 'red' };
}
