import { parseArgs } from 'node:util';
import { DEFAULT_CONFIG_FILE, loadConfig } from '../lib/config.ts';
import { ObzvonError } from '../lib/errors.ts';
import { lockStore } from '../lib/store/open.ts';

/**
 * Whether another daemon has the database, before the whole program is loaded: a second one is gone in half a second. The
 * lock is let go again, and what else is wrong is left to the program, which says so in its own words.
 */
function otherDaemon(): ObzvonError | null {
  try {
    const { values } = parseArgs({ options: { config: { type: 'string' } }, strict: false });
    const { config } = values;
    lockStore(loadConfig(typeof config === 'string' ? config : DEFAULT_CONFIG_FILE).database)();
    return null;
  } catch (error) {
    return error instanceof ObzvonError && error.code === 'DAEMON_ALREADY_RUNNING' ? error : null;
  }
}

const other = otherDaemon();
if (other === null) {
  await import('./obzvond.ts');
} else {
  const [{ createLog }, { reportRefusal }] = await Promise.all([import('../lib/log.ts'), import('./refusal.ts')]);
  reportRefusal(other, createLog({ level: 'info' }));
  process.exitCode = other.exit;
}
