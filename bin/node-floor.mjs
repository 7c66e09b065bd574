/** The oldest Node this program runs on: better-sqlite3 crashes without a word below it. */
export const NODE_FLOOR = [22, 14];

/**
 * Null when the version will do, otherwise the sentence to print. No imports: it must run on any Node.
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
  const entry = new URL(strips ? `./${name}.ts` : `../dist/bin/${name}.js`, import.meta.url);
  try {
    await import(entry.href);
  } catch (error) {
    const missing = error.code === 'ERR_MODULE_NOT_FOUND' && error.url === entry.href;
    if (strips || !missing) throw error;
    refuse(`Node ${process.versions.node} does not run TypeScript: build it first with npm run build`);
  }
}

/** @param {string} sentence */
function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
