import { setImmediate as breath } from 'node:timers/promises';
import { ObzvonError } from '../../errors.ts';
import type { Duplicates } from '../commands/imports.ts';
import type { Handlers } from '../server.ts';
import { campaignNamed, shownPhone, type Daemon } from './daemon.ts';

/** Leads read at once: a few milliseconds. */
const PAGE = 500;

/** Which people other campaigns have too. */
export function duplicateHandlers(daemon: Daemon) {
  return {
    'lead.duplicates': async ({ campaign: name, named }, { signal }): Promise<Duplicates> => {
      const campaign = campaignNamed(daemon, name);
      const nameOf = new Map([...daemon.engine.floor.campaigns.values()].map((one) => [one.id, one.name]));
      const found = new Map<number, { numbers: number; leads: Set<number>; first: string[] }>();
      const leads = new Set<number>();
      let numbers = 0;
      for (let after = 0; ; ) {
        const page = daemon.store.leads.alsoIn(campaign.id, after, PAGE);
        if (page.length === 0) break;
        let last = -1;
        for (const { lead, phone, other } of page) {
          // A number that several campaigns have comes once for each.
          if (phone !== last) numbers += 1;
          last = phone;
          if (other === null) continue;
          const so = found.get(other) ?? { numbers: 0, leads: new Set(), first: [] };
          found.set(other, so);
          so.numbers += 1;
          so.leads.add(lead);
          leads.add(lead);
          if (so.first.length < named) so.first.push(shownPhone(phone));
        }
        after = page.at(-1)?.at ?? Infinity;
        // Calls go on between two pages; a caller who has gone is not worked for.
        await breath();
        if (signal.aborted) throw new ObzvonError('WAIT_TIMED_OUT', 'the caller has gone');
      }
      return {
        campaign: name,
        numbers,
        leads: leads.size,
        campaigns: [...found]
          .map(([id, so]) => ({ ...so, name: nameOf.get(id) ?? String(id), leads: so.leads.size }))
          .sort((a, b) => b.numbers - a.numbers),
      };
    },
  } satisfies Handlers;
}
