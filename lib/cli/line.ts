import type { Line, LineBlock } from '../control/commands/lines.ts';
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
  cli.show(await cli.call('line.list', {}), ({ lines, suspended }) => {
    const registered = lines.length === 0 ? 'no caller numbers\n' : lineTable(cli.io, lines);
    return suspended.length === 0 ? registered : `${registered}\n${suspendedTable(cli.io, suspended)}`;
  });
}

/** `obzvon line unblock PHONE` */
export async function unblock(cli: Cli, phone: string, options: { operator: string; note: string }): Promise<void> {
  cli.show(await cli.call('line.unblock', { phone, ...options }), ({ phone, operator }) => {
    return `${phone} calls operator ${operator} again; leads blocked for it come before the gate again\n`;
  });
}

function suspendedTable(io: Io, suspended: readonly LineBlock[]): string {
  return table(
    io,
    ['SUSPENDED', 'TOWARDS OPERATOR', 'SINCE', 'BLOCKED', 'OF'],
    suspended.map(({ phone, operator, since, blocked, calls }) => [
      { text: phone, style: 'red' },
      operator,
      localTime(since),
      blocked,
      calls,
    ]),
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
