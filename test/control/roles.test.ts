import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { call } from '../../lib/control/client.ts';
import { COMMANDS, type CommandName } from '../../lib/control/commands.ts';
import { shownTo } from '../../lib/control/masking.ts';
import { startControl, type CallContext, type Handlers } from '../../lib/control/server.ts';
import { ROLES, rolesOf, type Role } from '../../lib/roles.ts';
import { runCli } from '../helpers/cli.ts';
import { keptLog } from '../helpers/kept-log.ts';
import { rejection } from '../helpers/rejection.ts';
import { shortDir } from '../helpers/short-dir.ts';

/** A socket for each role in one folder; every command answers by whom it was given. */
async function doors(t: { teardown: (fn: () => Promise<void> | void) => void }, handlers?: Handlers) {
  const dir = shortDir(t);
  const asked: { command: string; by: CallContext['by'] }[] = [];
  const all = Object.fromEntries(
    Object.keys(COMMANDS).map((command) => [
      command,
      (_: unknown, { by }: CallContext) => {
        asked.push({ command, by });
        return { phone: '+79161234567', by: by.role };
      },
    ]),
  ) as Handlers;
  const { log, lines } = keptLog();
  for (const role of ROLES) {
    const socketPath = join(dir, role === 'ops' ? 'control.sock' : `${role}.sock`);
    const server = await startControl({ socketPath, mode: 0o660, role, handlers: { ...all, ...handlers }, log });
    t.teardown(() => server.close());
  }
  const socketOf = (role: Role): string => join(dir, role === 'ops' ? 'control.sock' : `${role}.sock`);
  return { dir, asked, lines, socketOf };
}

void t.test('every command says who may send it and what it changes; ops may all, opting out may everybody', (t) => {
  for (const [name, { may, changes, doc }] of Object.entries(COMMANDS)) {
    t.ok(['read', 'lead', 'qa', 'lead or qa', 'ops'].includes(may), `${name}: ${may}`);
    t.ok(['nothing', 'at once', 'at length'].includes(changes), `${name}: ${changes}`);
    t.ok(doc.length > 0 && rolesOf(may).includes('ops'), name);
    const optsOut = name === 'optout.add' || name === 'agent.optout';
    if (may === 'read' && !optsOut) t.equal(changes, 'nothing', `${name}: who reads changes nothing`);
  }
  const only = (right: string) => Object.keys(COMMANDS).filter((name) => COMMANDS[name as CommandName].may === right);
  t.strictSame(only('qa').sort(), [
    'audit.list',
    'ledger.anchor',
    'optout.lift',
    'person.erase',
    'person.files-cleaned',
    'register.amend',
  ]);
  t.strictSame(only('ops').sort(), ['line.add', 'line.unblock', 'ranges.begin', 'ranges.end', 'ranges.rows', 'reload']);
  for (const name of ['optout.add', 'agent.optout'] as const) t.equal(COMMANDS[name].may, 'read');
  t.end();
});

void t.test(
  'the daemon refuses each command to each role that may not, before it looks at the arguments',
  async (t) => {
    const { socketOf, asked, lines } = await doors(t);
    for (const name of Object.keys(COMMANDS) as CommandName[]) {
      for (const role of ROLES) {
        const answer = call(socketOf(role), name, 'no arguments at all' as never, { user: 'petrov' });
        const code = rolesOf(COMMANDS[name].may).includes(role) ? 'USAGE' : 'ROLE_DENIED';
        t.match(await rejection(answer), { code, exit: code === 'USAGE' ? 2 : 4 }, `${name} as ${role}`);
      }
    }
    t.strictSame(asked, []);
    t.match(
      lines.find((line) => line.includes('command refused to this role')),
      /"claims":"petrov"/,
    );
  },
);

void t.test('who only reads sees numbers masked, others see them; the sender is known to the handler', async (t) => {
  const { socketOf, asked } = await doors(t);
  for (const role of ROLES) {
    const shown = await call(socketOf(role), 'status', {}, { user: 'petrov' });
    t.match(shown, { phone: role === 'read' ? '+7916***4567' : '+79161234567', by: role });
  }
  t.strictSame(
    asked.map(({ by }) => by),
    ROLES.map((role) => ({ role, claims: 'petrov' })),
  );
  t.strictSame(
    shownTo('read', {
      '+79161234567': ['8 (916) 123-45-67', 'wrote from +79161234567'],
      at: 1_795_000_000_000,
      on: '2026-11-22 09:15:03',
      id: 'at-0mi0a1b2c79161234567',
    }),
    {
      '+7916***4567': ['+8916***4567', 'wrote from +7916***4567'],
      at: 1_795_000_000_000,
      on: '2026-11-22 09:15:03',
      id: 'at-0mi0a1b2c79161234567',
    },
  );
});

void t.test(
  'the CLI comes in by the most powerful door that is open to it and leads there, or by the one named',
  async (t) => {
    const { dir, asked } = await doors(t);
    const env = { OBZVON_SOCKET: join(dir, 'control.sock') };
    const came = async (...argv: string[]) => {
      const { exit } = await runCli(argv, { env });
      return exit === 0 ? asked.at(-1)?.by.role : exit;
    };
    const bare = ['optout', 'add', '+79161234567'];
    t.equal(await came('reload', '--json'), 'ops');
    t.equal(await came('--as', 'read', ...bare, '--json'), 'read');
    t.equal(await came('--as', 'lead', 'campaign', 'pause', 'oct', '--json'), 'lead');
    t.match(await runCli(['--as', 'qa', 'campaign', 'pause', 'oct'], { env }), {
      exit: 4,
      err: /for ops, lead: this is the socket of qa/,
    });
    t.match(await runCli(['--as', 'boss', 'status'], { env }), { exit: 2 });
    const rest = join(dir, 'rest');
    t.match(await runCli(['status'], { env: { OBZVON_SOCKET: join(rest, 'control.sock') } }), { exit: 3 });
  },
);

void t.test('a socket has the mode and the group of the config, before anybody can connect', async (t) => {
  const dir = shortDir(t);
  const socketPath = join(dir, 'lead.sock');
  const [own] = process.getgroups?.() ?? [];
  const group = process.getuid?.() === 0 ? 65_534 : (own ?? 0);
  const { log } = keptLog();
  const server = await startControl({ socketPath, mode: 0o620, group, role: 'lead', handlers: {}, log });
  t.teardown(() => server.close());
  const { mode, gid } = statSync(socketPath);
  t.equal(mode & 0o777, 0o620);
  t.equal(gid, group);
  if (process.getuid?.() !== 0) {
    await t.rejects(
      startControl({ socketPath: join(dir, 'x.sock'), mode: 0o660, group: 0, role: 'lead', handlers: {}, log }),
    );
  }
});
