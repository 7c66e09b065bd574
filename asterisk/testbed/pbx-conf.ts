import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { render, shipped } from './render.ts';
import { wantedModules, type AsteriskInstall } from './tree.ts';

/** What `pjsip_trunk_obzvon.conf` leaves open. */
export interface TrunkValues {
  readonly trunk: string;
  readonly trunk_host: string;
  readonly trunk_port: number;
  readonly qualify_s: number;
}

/** What the shipped snippets leave open; conf/README.md tells what each is. */
export interface PbxValues {
  readonly http_port: number;
  readonly ami_port: number;
  readonly ari_secret: string;
  readonly ari_watch_secret: string;
  readonly ami_secret: string;
  readonly sip_bind: string;
  readonly from_domain: string;
  readonly trunks: readonly TrunkValues[];
  readonly agents: readonly { readonly agent: string; readonly agent_secret: string }[];
}

/**
 * The call centre's PBX: each main file only includes the snippet a user would put there. Two departures for a PBX that
 * is older than the snippets: modules it does not have are left out, and CEL takes the legacy mapping.
 */
export function pbxFiles(values: PbxValues, install: AsteriskInstall): Record<string, string> {
  const { trunks, agents, ...scalars } = values;
  const plain = { ...scalars, app: 'obzvon', language: 'ru', rtp_timeout_s: 60 };
  const has = (module: string): boolean => existsSync(join(install.moduleDir, module));
  const legacyCel = !has('res_cdrel_custom.so');
  const files: Record<string, string> = { 'modules.conf': modulesOf(install) };
  const include = (main: string, ...snippets: readonly (readonly [string, string])[]): void => {
    for (const [name, text] of snippets) files[name] = text;
    files[main] = snippets.map(([name]) => `#include "${name}"\n`).join('');
  };
  const one = (name: string): readonly [string, string] => [name, render(shipped(name), plain)];
  include('http.conf', one('http_obzvon.conf'));
  include('ari.conf', one('ari_obzvon.conf'));
  include('manager.conf', one('manager_obzvon.conf'));
  include('cel.conf', one('cel_obzvon.conf'));
  include('cel_custom.conf', one(legacyCel ? 'cel_custom_legacy_obzvon.conf' : 'cel_custom_obzvon.conf'));
  include('extensions.conf', one('extensions_obzvon.conf'));
  include(
    'pjsip.conf',
    one('pjsip_obzvon.conf'),
    ...trunks.map(
      (trunk) =>
        [
          `pjsip_trunk_${trunk.trunk}.conf`,
          render(shipped('pjsip_trunk_obzvon.conf'), { ...plain, ...trunk }),
        ] as const,
    ),
    ...agents.map(
      (agent) =>
        [
          `pjsip_agent_${agent.agent}.conf`,
          render(shipped('pjsip_agent_obzvon.conf'), { ...plain, ...agent }),
        ] as const,
    ),
  );
  return files;
}

/** The shipped list of modules, without those this Asterisk has not got and those named. */
export function modulesOf(install: AsteriskInstall, without: readonly string[] = []): string {
  const absent = wantedModules().filter((name) => !existsSync(join(install.moduleDir, name)));
  const out = new Set([...absent, ...without]);
  const lines = shipped('modules_obzvon.conf').split('\n');
  return lines.filter((line) => !out.has(/^load = (\S+)$/.exec(line)?.[1] ?? '')).join('\n');
}
