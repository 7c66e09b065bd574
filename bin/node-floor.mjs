import module from 'node:module';
import { join } from 'node:path';

/** The oldest Node this program runs on: better-sqlite3 crashes without a word below it. */
export const NODE_FLOOR = [22, 14];

/**
 * Null when the version will do, otherwise the sentence to print. Nothing but Node's own is imported: it must run on any.
 * @param {string} version as in process.versions.node
 * @returns {string | null}
 */
export function checkNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = NODE_FLOOR;
  if (major > floorMajor || (major === floorMajor && minor >= floorMinor)) return null;
  return `obzvon needs Node ${NODE_FLOOR.join('.')} or newer, this is ${version}: npm run uses the pinned Node, as in npm run obzvon -- status`;
}

/**
 * Imports the program behind a guard in `bin`: its TypeScript where Node strips types, else the build.
 * @param {string} name such as obzvon
 * @returns {Promise<void>}
 */
export async function enter(name) {
  const mistake = checkNode(process.versions.node);
  if (mistake !== null) return refuse(mistake);
  // Node strips no types inside node_modules.
  const strips = Boolean(process.features.typescript) && !import.meta.url.includes('/node_modules/');
  keepCompiled();
  const entry = new URL(strips ? `./${name}.ts` : `../dist/bin/${name}.js`, import.meta.url);
  try {
    await import(entry.href);
    // At once: who is killed writes nothing at his end.
    module.flushCompileCache?.();
  } catch (error) {
    const missing = error.code === 'ERR_MODULE_NOT_FOUND' && error.url === entry.href;
    if (strips || !missing) throw error;
    refuse(`Node ${process.versions.node} does not run TypeScript: build it first with npm run build`);
  }
}

/**
 * Node's compile cache halves what a start costs. It holds code, so it lies where nobody else writes: the folder systemd
 * made for us, or the user's own cache; without either there is none. A folder that cannot be written is passed over.
 */
function keepCompiled() {
  const { CACHE_DIRECTORY, XDG_CACHE_HOME, HOME } = process.env;
  const home = XDG_CACHE_HOME || (HOME && join(HOME, '.cache'));
  const folder = CACHE_DIRECTORY?.split(':')[0] || (home && join(home, 'obzvon'));
  if (folder) module.enableCompileCache?.(join(folder, 'compiled'));
}

/** @param {string} sentence */
function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
