import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ObzvonError } from '../../lib/errors.ts';
import { run } from './run.ts';

/** An Asterisk that can be started: argv without options, where its modules and data are. */
export interface AsteriskInstall {
  readonly version: string;
  readonly source: 'host' | 'cache' | 'download';
  readonly command: readonly string[];
  readonly moduleDir: string;
  /** Null: the program's built-in folder serves. */
  readonly dataDir: string | null;
}

/** The install in an unpacked tree: started through the tree's own dynamic loader, so that no library of the host mixes in. */
export function treeAt(tree: string): Omit<AsteriskInstall, 'version' | 'source'> {
  const lib = join(tree, 'usr/lib');
  const triplet = readdirSync(lib).find((name) => existsSync(join(lib, name, 'asterisk/modules')));
  if (triplet === undefined) throw new ObzvonError('TESTBED_FAILED', `no Asterisk modules under ${lib}`);
  const libraries = join(lib, triplet);
  const loaders = [libraries, lib, join(tree, 'usr/lib64'), join(tree, 'lib'), join(tree, 'lib64')]
    .filter((dir) => existsSync(dir))
    .flatMap((dir) => readdirSync(dir).map((name) => join(dir, name)));
  const loader = loaders.find((path) => /\/ld-linux[^/]*\.so\.\d+$/.test(path) && existsSync(path));
  if (loader === undefined) throw new ObzvonError('TESTBED_FAILED', `no dynamic loader in ${tree}`);
  const libraryPath = [libraries, join(tree, 'lib', triplet), lib].filter((dir) => existsSync(dir)).join(':');
  return {
    command: [loader, '--library-path', libraryPath, join(tree, 'usr/sbin/asterisk')],
    moduleDir: join(libraries, 'asterisk/modules'),
    dataDir: join(tree, 'usr/share/asterisk'),
  };
}

/** Shared libraries that the program or a module we load would not find. */
export async function missingLibraries({
  command,
  moduleDir,
}: Pick<AsteriskInstall, 'command' | 'moduleDir'>): Promise<string[]> {
  const program = command.at(-1) ?? '';
  const modules = wantedModules().map((name) => join(moduleDir, name));
  const missing = new Set<string>();
  for (const file of [program, ...modules.filter((path) => existsSync(path))]) {
    const text = await run([...command.slice(0, -1), '--list', file]).catch((error: unknown) => String(error));
    for (const [, name = ''] of text.matchAll(/(\S+) => not found/g)) missing.add(name);
    const failed = /loading shared libraries: ([^:]+):/.exec(text)?.[1];
    if (failed !== undefined) missing.add(failed);
  }
  return [...missing];
}

/** The module files that the shipped list names. */
export function wantedModules(): string[] {
  const text = readFileSync(new URL('../conf/modules_obzvon.conf', import.meta.url), 'utf8');
  return [...text.matchAll(/^load = (\S+)$/gm)].map(([, name = '']) => name);
}
