import type { Pacer } from '../../core/pacing/contract.ts';
import { issabelPeer } from './issabel.ts';
import { ratioPeer } from './ratio.ts';
import { vicidialPeer } from './vicidial.ts';

/** Another dialer's pacing, to compare with. */
export interface Peer {
  readonly name: string;
  /** One sentence for the table's legend. */
  readonly about: string;
  /** `published`: its defaults. `tuned`: what a supervisor may set it to; which setting is right differs by scenario. */
  readonly settings: 'published' | 'tuned';
  /**
   * How long it keeps an answered caller waiting by default, seconds, where that is beyond the lawful 2 s. The simulator
   * gives every method the scenario's grace; a caller who wants the peer's own waits sets the scenario's `graceS`.
   */
  readonly callerWaitsS?: number;
  readonly create: () => Pacer;
}

/** The peers, with published defaults first. */
export const PEERS: readonly Peer[] = [
  {
    name: 'progressive',
    about: 'one call per free agent',
    settings: 'published',
    create: () => ratioPeer(1),
  },
  {
    name: 'vicidial-hard-limit',
    about: 'VICIdial ADAPT_HARD_LIMIT, maximum level 3: level 1 while the day is over 3 %',
    settings: 'published',
    callerWaitsS: 5,
    create: () => vicidialPeer({ method: 'ADAPT_HARD_LIMIT' }),
  },
  {
    name: 'vicidial-average',
    about: 'VICIdial ADAPT_AVERAGE, maximum level 3: halves the level every 15 s while the day is over 3 %',
    settings: 'published',
    callerWaitsS: 5,
    create: () => vicidialPeer({ method: 'ADAPT_AVERAGE' }),
  },
  {
    name: 'vicidial-tapered',
    about: 'VICIdial ADAPT_TAPERED, maximum level 3: the limit bites harder towards 21:00',
    settings: 'published',
    callerWaitsS: 5,
    create: () => vicidialPeer({ method: 'ADAPT_TAPERED' }),
  },
  {
    name: 'issabel',
    about: 'Issabel dialer as shipped: agents free or about to be, every 5 s',
    settings: 'published',
    create: () => issabelPeer(),
  },
  {
    name: 'issabel-overcommit',
    about: 'Issabel dialer with overcommit: divided by the share answered in the last 30 min',
    settings: 'published',
    create: () => issabelPeer({ overcommit: true }),
  },
  {
    name: 'vicidial-max-1.5',
    about: 'VICIdial ADAPT_AVERAGE with the maximum level lowered to 1.5',
    settings: 'tuned',
    callerWaitsS: 5,
    create: () => vicidialPeer({ maximumLevel: 1.5 }),
  },
  {
    name: 'vicidial-ready-only',
    about: 'VICIdial ADAPT_AVERAGE with the level on ready agents only',
    settings: 'tuned',
    callerWaitsS: 5,
    create: () => vicidialPeer({ availableOnly: true }),
  },
  ...[2, 3].map(
    (ratio): Peer => ({
      name: `ratio-${ratio}`,
      about: `${ratio} calls per free agent, whatever happens`,
      settings: 'tuned',
      create: () => ratioPeer(ratio),
    }),
  ),
];
