import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { sleep, systemClock } from '../../lib/clock.ts';
import { ObzvonError } from '../../lib/errors.ts';
import { downloadTree, planDownload } from './apt.ts';
import { run } from './run.ts';
import { treeAt, type AsteriskInstall } from './tree.ts';

const OLDEST = 20;
const MODULE_DIRS = ['lib64', 'lib', 'local/lib', 'local/lib64'].map((dir) => `/usr/${dir}/asterisk/modules`);

/** Finds an Asterisk to start: the host's, else the one unpacked earlier, else a download. */
export async function locateAsterisk(
  options: { env?: NodeJS.ProcessEnv; say?: (line: string) => void } = {},
): Promise<AsteriskInstall> {
  const env = options.env ?? process.env;
  const say = options.say ?? ((line: string) => void process.stderr.write(`testbed: ${line}\n`));
  if (process.platform !== 'linux') {
    throw new ObzvonError('TESTBED_FAILED', `no Asterisk can be had: this is ${process.platform}, not Linux`, {
      hint: 'run on Linux, or use the simulated PBX',
    });
  }
  const host = await hostAsterisk(env, say);
  if (host !== null) return host;
  const cache = join(env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? homedir(), '.cache'), 'obzvon');
  const plan = await planDownload();
  const home = join(cache, `asterisk-${plan.suite}-${plan.arch}`);
  if (existsSync(home)) return unpacked(home, 'cache');
  await mkdir(cache, { recursive: true });
  const release = await lock(`${home}.lock`, say);
  try {
    if (existsSync(home)) return await unpacked(home, 'cache');
    const part = `${basename(home)}.part-`;
    for (const name of await readdir(cache)) {
      // of a run that was killed; we hold the lock, so nobody uses it
      if (name.startsWith(part)) await rm(join(cache, name), { recursive: true, force: true });
    }
    // beside its final place, so that the rename is one step
    const work = await mkdtemp(join(cache, part));
    try {
      const tree = await downloadTree(plan, work, say);
      const version = await versionOf(treeAt(tree).command);
      await writeFile(join(tree, 'version'), version);
      await rename(tree, home);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    say(`unpacked in ${home}`);
    return await unpacked(home, 'download');
  } finally {
    await release();
  }
}

async function hostAsterisk(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<AsteriskInstall | null> {
  const dirs = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const program = dirs.map((dir) => join(dir, 'asterisk')).find((path) => existsSync(path));
  if (program === undefined) return null;
  const version = await versionOf([program]).catch(() => '');
  if (Number.parseInt(version, 10) < OLDEST || version === '') {
    say(`${program} is ${version || 'not to be run'}; at least ${OLDEST} is needed, so it is left alone`);
    return null;
  }
  const triplets = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((name) => `/usr/lib/${name}/asterisk/modules`);
  const moduleDir = [...triplets, ...MODULE_DIRS].find((dir) => existsSync(join(dir, 'res_ari.so')));
  if (moduleDir === undefined) {
    say(`${program} ${version} has no ARI module where modules usually are, so it is left alone`);
    return null;
  }
  return { version, source: 'host', command: [program], moduleDir, dataDir: null };
}

async function unpacked(home: string, source: 'cache' | 'download'): Promise<AsteriskInstall> {
  return { ...treeAt(home), version: await readFile(join(home, 'version'), 'utf8'), source };
}

async function versionOf(command: readonly string[]): Promise<string> {
  const text = await run([...command, '-V'], { timeoutMs: 5000 });
  return /Asterisk (?:certified[-/])?(\d+\.\d+[^\s~+]*)/i.exec(text)?.[1] ?? '';
}

/** One download at a time; a lock whose owner is gone is taken over. */
async function lock(path: string, say: (line: string) => void): Promise<() => Promise<void>> {
  for (let waited = false; ; waited = true) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch {
      const owner = Number(await readFile(path, 'utf8').catch(() => ''));
      const written = await stat(path).catch(() => null);
      const fresh = written !== null && Date.now() - written.mtimeMs < 2000;
      if (owner > 0 ? !isAlive(owner) : !fresh) {
        await rm(path, { force: true });
        continue;
      }
      if (!waited) say(`another run (process ${owner}) is downloading Asterisk; waiting for it`);
      await sleep(systemClock, 200);
    }
  }
}

/** Whether a process with this id is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
