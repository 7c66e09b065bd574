import type { AuditRow } from '../store/audit.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { localTime, table } from './print.ts';

/** `obzvon audit list` */
export async function list(cli: Cli, options: { since?: number; limit: number }): Promise<void> {
  cli.show(await cli.call('audit.list', options), ({ rows }) => rowTable(cli.io, rows));
}

function rowTable(io: Io, rows: readonly AuditRow[]): string {
  return table(
    io,
    ['ROW', 'AT', 'BY', 'SAYS HE IS', 'COMMAND', 'RESULT', 'ARGUMENTS'],
    rows.map(({ id, at, role, claims, command, result, begun, args }) => [
      id,
      localTime(at),
      role,
      claims,
      command,
      begun === null ? result : `${result} (began in ${begun})`,
      argsText(args),
    ]),
  );
}

/** `campaign=oct phone=(Xn3…) rows=(500)`: a hash in brackets tells one person from another, and nothing of him. */
function argsText(args: unknown): string {
  return Object.entries(args ?? {})
    .map(([key, value]) => `${key}=${valueText(value)}`)
    .join(' ');
}

function valueText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.join(',');
  const { subject, digest, count } = value as { subject?: string; digest?: string; count?: number };
  if (count !== undefined) return `(${count} of them)`;
  const hash = subject ?? digest;
  return typeof hash === 'string' ? `(${hash.slice(0, 8)})` : `{${argsText(value)}}`;
}
