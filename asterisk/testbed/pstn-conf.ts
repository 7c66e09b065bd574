import { BEHAVIOURS, CALLS_BACK, MIX_PLACES } from './behaviours.ts';
import { modulesOf } from './pbx-conf.ts';
import { own, render } from './render.ts';
import type { AsteriskInstall } from './tree.ts';

/** What the telephone network must know of its surroundings. */
export interface PstnValues {
  readonly network_bind: string;
  readonly phones_bind: string;
  readonly pbx_host: string;
  readonly pbx_port: number;
  readonly seed: number;
  readonly agents: readonly { readonly agent: string; readonly agent_secret: string }[];
}

/** The network keeps no event record. */
const UNUSED = ['cel_custom.so', 'res_cdrel_custom.so'];

/** The telephone network's configuration: people by number, phones by agent. */
export function pstnFiles(values: PstnValues, install: AsteriskInstall): Record<string, string> {
  const { agents, seed, ...plain } = values;
  const phones = agents.map((agent) => render(own('pstn/phone.conf'), { ...plain, ...agent }));
  return {
    'modules.conf': `${modulesOf(install, UNUSED)}\nload = res_clioriginate.so\n`,
    'http.conf': '[general]\nenabled = no\n',
    'manager.conf': '[general]\nenabled = no\n',
    'ari.conf': '[general]\nenabled = no\n',
    'cel.conf': '[general]\nenable = no\n',
    'pjsip.conf': [render(own('pstn/pjsip.conf'), { ...plain, person: CALLS_BACK.slice(1) }), ...phones].join('\n'),
    'extensions.conf': pstnDialplan(seed),
  };
}

/** The network's dialplan for a seed: the numbers and the mix come from the table of behaviours. */
export function pstnDialplan(seed: number): string {
  const numbers: string[] = [];
  const refusals: string[] = [];
  for (const [name, { code, ringStepMs, expect }] of Object.entries(BEHAVIOURS)) {
    // RR times the step, in seconds: tenths are read off as digits, half seconds are reckoned
    const ring = ringStepMs === 100 ? '${EXTEN:4:1}.${EXTEN:5:1}' : `$[\${EXTEN:4:2} * ${ringStepMs / 1000}]`;
    const next = name === 'mix' ? `mix,\${MD5(${seed}:\${EXTEN}):0:2}` : `people,${name}`;
    numbers.push(
      `exten => _79${code}XXXXXXX,1,Set(RING=${ring})`,
      ' same => n,Set(TALK=${EXTEN:6:2})',
      ` same => n,Goto(${next},1)`,
    );
    const final = expect?.sipCode;
    if (final !== undefined && final !== null && !name.includes('no-answer')) {
      refusals.push(`exten => ${name},1,Gosub(ring,s,1)`, ` same => n,PJSIPHangup(${final})`);
    }
  }
  const mix = MIX_PLACES.map((name, place) => {
    return `exten => ${place.toString(16).padStart(2, '0')},1,Goto(people,${name},1)`;
  });
  return render(own('pstn/extensions.conf'), {
    numbers: numbers.join('\n'),
    refusals: refusals.join('\n'),
    mix: mix.join('\n'),
  });
}
