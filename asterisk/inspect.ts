import { ObzvonError } from '../lib/errors.ts';
import type { Ari } from './ari.ts';
import type { Trunk } from './originate.ts';

/** Without these no call can be placed, heard or bridged; the whole list is conf/modules_obzvon.conf. */
const MODULES = [
  'app_stasis.so',
  'res_ari_applications.so',
  'res_ari_bridges.so',
  'res_ari_channels.so',
  'res_ari_endpoints.so',
  'res_ari_events.so',
  'res_stasis.so',
  'res_stasis_playback.so',
];

/** Looks whether this Asterisk is set up for obzvon; throws ObzvonError for what an operator must mend. */
export async function inspectAsterisk(
  ari: Ari,
  config: { readonly trunks: Readonly<Record<string, Trunk>> },
): Promise<void> {
  const running = await ari.modules();
  const needed = Object.values(config.trunks).some(({ endpoint }) => endpoint.startsWith('PJSIP/'))
    ? [...MODULES, 'chan_pjsip.so']
    : MODULES;
  const missing = needed.filter((name) => !running.has(name));
  if (missing.length > 0) {
    throw new ObzvonError('PBX_MODULE_MISSING', `Asterisk runs without ${missing.join(', ')}`, {
      hint: `add "load = ${missing[0]}" (and the others named) to modules.conf and restart Asterisk`,
    });
  }
}
