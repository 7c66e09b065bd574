import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, ObzvonError } from '../../lib/errors.ts';
import { mainArchives, readAptSources, type AptSource } from './apt-sources.ts';
import { run } from './run.ts';
import { missingLibraries, treeAt } from './tree.ts';

/** What to download and from which suite. */
export interface AptPlan {
  readonly suite: string;
  readonly components: readonly string[];
  readonly keyrings: readonly string[];
  readonly archives: readonly AptSource[];
  readonly arch: string;
}

const ROOTS = ['asterisk', 'asterisk-modules', 'asterisk-core-sounds-en-gsm', 'asterisk-core-sounds-ru-gsm'];
/** Libraries of the modules we load; the others serve LDAP, SNMP, Jack and the like, and weigh four times as much. */
const MODULE_LIBRARIES = /^lib(c6|gsm|srtp|sqlite3|ssl|xml2|speex)/;

/** Decides suite, mirror and keys from the host's own apt; throws with a sentence where that cannot be. */
export async function planDownload(): Promise<AptPlan> {
  for (const tool of ['apt-get', 'apt-cache', 'dpkg-deb', 'dpkg']) {
    if (!existsSync(`/usr/bin/${tool}`)) {
      throw cannot(`this system has no ${tool}`, 'install Asterisk 20 or newer by the system’s own means');
    }
  }
  const release = parseOsRelease(await readFile('/etc/os-release', 'utf8'));
  const isDebian = release.ID === 'debian';
  const codename = release.UBUNTU_CODENAME ?? release.VERSION_CODENAME ?? '';
  const keyrings = [isDebian ? 'debian' : 'ubuntu', 'debian', release.ID ?? '']
    .flatMap((name) => ['gpg', 'pgp'].map((end) => `/usr/share/keyrings/${name}-archive-keyring.${end}`))
    .filter((path) => existsSync(path));
  const keyring = keyrings[0];
  if (keyring === undefined) throw cannot('no archive keyring in /usr/share/keyrings', 'install the archive keyring');
  const aliases = isDebian ? ['stable', 'oldstable', 'oldoldstable', 'testing', 'unstable', 'sid'] : [];
  const archives = mainArchives(readAptSources(), [codename, ...aliases, 'forky']);
  if (archives.length === 0) {
    throw cannot(`apt's sources name no main archive with suite ${codename}`, 'mend /etc/apt/sources.list');
  }
  return {
    suite: isDebian ? 'forky' : codename,
    components: isDebian ? ['main'] : ['main', 'universe'],
    keyrings: [keyring],
    archives,
    arch: (await run(['dpkg', '--print-architecture'])).trim(),
  };
}

/** Downloads Asterisk and what it needs into `work` and unpacks it as `work/tree`; every signature is checked. */
export async function downloadTree(plan: AptPlan, work: string, say: (line: string) => void): Promise<string> {
  const apt = await refreshIndex(plan, work, say);
  const edges = parseDepends(await run([...apt('apt-cache'), 'depends', '--recurse', ...DEPENDS_ONLY, ...ROOTS]));
  const tree = join(work, 'tree');
  await mkdir(tree);
  const have = new Set<string>();
  for (const libraries of [MODULE_LIBRARIES, /^(lib|zlib)/]) {
    const wanted = closure(edges, libraries).filter((name) => !have.has(name));
    say(`downloading ${wanted.length} packages of ${plan.suite}`);
    const debs = join(work, 'debs');
    await mkdir(debs, { recursive: true });
    await run([...apt('apt-get'), 'download', ...wanted], { cwd: debs });
    for (const deb of await readdir(debs)) await run(['dpkg-deb', '-x', join(debs, deb), tree]);
    await rm(debs, { recursive: true });
    for (const name of wanted) have.add(name);
    await slim(tree);
    const missing = await missingLibraries(treeAt(tree));
    if (missing.length === 0) return tree;
    say(`still needs ${missing.join(', ')}`);
  }
  throw cannot('the downloaded Asterisk lacks libraries', 'report it with the lines above');
}

const DEPENDS_ONLY = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((n) => `--no-${n}`);

async function refreshIndex(plan: AptPlan, work: string, say: (line: string) => void) {
  for (const dir of ['state/lists/partial', 'cache/archives/partial']) {
    await mkdir(join(work, dir), { recursive: true });
  }
  await writeFile(join(work, 'status'), '');
  await writeFile(join(work, 'apt.conf'), aptConf(plan, work));
  const apt = (tool: string): string[] => [tool, '-q', '-c', join(work, 'apt.conf')];
  const refusals: string[] = [];
  for (const { uri } of plan.archives) {
    const stanza = {
      Types: 'deb',
      URIs: uri,
      Suites: plan.suite,
      Components: plan.components.join(' '),
      Architectures: plan.arch,
      'Signed-By': plan.keyrings.join(' '),
    };
    const text = Object.entries(stanza).map(([field, value]) => `${field}: ${value}\n`);
    await writeFile(join(work, 'own.sources'), text.join(''));
    say(`reading the package index of ${plan.suite}`);
    try {
      await run([...apt('apt-get'), '-o', 'APT::Update::Error-Mode=any', 'update']);
      return apt;
    } catch (error) {
      refusals.push(messageOf(error));
    }
  }
  throw new ObzvonError('TESTBED_FAILED', `apt could not read the index of ${plan.suite}: ${refusals.join('; ')}`, {
    hint: 'check the network and the mirror in /etc/apt, or install Asterisk 20 or newer',
    details: refusals,
  });
}

/** Read after the host's own settings, so proxies stay and hooks, pins and laxness go. */
function aptConf(plan: AptPlan, work: string): string {
  return `Dir::State "${work}/state";
Dir::State::status "${work}/status";
Dir::Cache "${work}/cache";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "${work}/own.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "${plan.arch}";
#clear APT::Architectures;
APT::Architectures { "${plan.arch}"; };
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear Acquire::IndexTargets::deb::DEP-11;
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
APT::Sandbox::User "root";
`;
}

/** First alternative of each dependency, by package. */
export function parseDepends(text: string): Map<string, string[]> {
  const edges = new Map<string, string[]>();
  let current: string[] = [];
  let alternative = false;
  for (const line of text.split('\n')) {
    const match = /^ (\||\s)(?:Pre)?Depends: (\S+)$/.exec(line);
    if (match !== null) {
      if (!alternative) current.push(match[2] ?? '');
      alternative = match[1] === '|';
    } else if (/^\S/.test(line)) {
      current = [];
      edges.set(line.trim(), current);
      alternative = false;
    }
  }
  return edges;
}

/** Asterisk's packages, the program's own libraries, and those of its modules that `libraries` takes. */
function closure(edges: ReadonlyMap<string, readonly string[]>, libraries: RegExp): string[] {
  const found = new Set<string>();
  const visit = (name: string, takes: RegExp): void => {
    if (found.has(name) || !edges.has(name)) return;
    found.add(name);
    for (const next of edges.get(name) ?? []) if (takes.test(next)) visit(next, /^(lib|zlib)/);
  };
  visit('asterisk', /^(lib|zlib)/);
  for (const root of ROOTS.slice(1)) visit(root, libraries);
  return [...found];
}

/** Drops what nothing here reads, and makes the language folders that a package's install script would have made. */
async function slim(tree: string): Promise<void> {
  for (const dir of ['doc', 'locale', 'man', 'lintian', 'bug', 'info', 'zoneinfo']) {
    await rm(join(tree, 'usr/share', dir), { recursive: true, force: true });
  }
  const sounds = join(tree, 'usr/share/asterisk/sounds');
  for (const voice of await readdir(sounds)) {
    const language = /^([a-z]{2})_/.exec(voice)?.[1];
    if (language !== undefined && !existsSync(join(sounds, language))) await symlink(voice, join(sounds, language));
  }
}

function parseOsRelease(text: string): Record<string, string | undefined> {
  return Object.fromEntries(
    [...text.matchAll(/^([A-Z_]+)="?([^"\n]*)"?$/gm)].map(([, key = '', value = '']) => [key, value]),
  );
}

function cannot(why: string, hint: string): ObzvonError {
  return new ObzvonError('TESTBED_FAILED', `no Asterisk can be had: ${why}`, { hint });
}
