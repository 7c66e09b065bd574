import type { Phone } from '../../core/phone.ts';
import type { AgentId } from '../../dialer/pbx.ts';
import { talkOf } from '../../dialer/results.ts';
import { liftOptOut, optOut } from '../../dialer/opt-outs.ts';
import { ObzvonError } from '../../errors.ts';
import { GLOBAL_OPT_OUT, type OptOutAct, type OptOutRow } from '../../store/opt-outs.ts';
import type { Commands } from '../commands.ts';
import type { OptOut } from '../commands/opt-outs.ts';
import type { Handlers } from '../server.ts';
import { phoneTyped, type Daemon } from './daemon.ts';

/** "Do not call me" by every channel but the digit and the import; each is answered only after the commit. */
export function optOutHandlers(daemon: Daemon) {
  const { floor } = daemon.engine;
  const { optOuts } = daemon.store;
  return {
    'optout.add': (given) => recordOptOut(daemon, given),
    'optout.lift': (given) => {
      const phone = phoneTyped(given.phone);
      const { source, evidence, note } = given;
      const scope = scopeOf(given);
      const released = liftOptOut(floor, phone, {
        ...GLOBAL_OPT_OUT,
        ...scope,
        kind: 'lift',
        source,
        evidence,
        note: note ?? null,
      });
      return { phone, lifted: released !== null, released: released ?? 0, optOuts: optOuts.of(phone).map(toOptOut) };
    },
    'optout.show': ({ phone: text }) => {
      const phone = phoneTyped(text);
      const standing = optOuts.of(phone).map(toOptOut);
      return { phone, optOut: standing[0] ?? null, optOuts: standing };
    },
    'agent.optout': ({ id, scope = 'global', note }) => {
      const agent = floor.agents.get(id as AgentId);
      if (agent === undefined) throw new ObzvonError('NOT_FOUND', `there is no agent “${id}” in the config`);
      const talk = talkOf(agent);
      if (talk === null) {
        throw new ObzvonError(
          'MOVE_REFUSED',
          `agent ${id} is ${agent.state}: talks to nobody, and has just talked to nobody`,
          {
            hint: 'opt the number out by obzvon optout add',
          },
        );
      }
      const { entity, purpose } = talk.campaign.spec;
      const act: OptOutAct = {
        ...GLOBAL_OPT_OUT,
        ...scopeOf({
          scope,
          ...(scope === 'global' ? {} : { entity: entity.inn }),
          ...(scope === 'purpose' ? { purpose } : {}),
        }),
        source: `agent ${id}`,
        attempt: talk.id,
        note: note ?? null,
      };
      const added = optOut(floor, talk.phone, act);
      return { phone: talk.phone, added, optOut: sameScope(daemon, talk.phone, act), attempt: talk.id };
    },
  } satisfies Handlers;
}

/** What `optout.add` and the webhook do; returns after the commit, or throws and nothing is to be confirmed. */
export function recordOptOut(daemon: Daemon, given: Commands['optout.add']['args']): Commands['optout.add']['result'] {
  const phone = phoneTyped(given.phone);
  const { source, note } = given;
  const act: OptOutAct = { ...GLOBAL_OPT_OUT, ...scopeOf(given), source, note: note ?? null };
  const added = optOut(daemon.engine.floor, phone, act);
  return { phone, added, optOut: sameScope(daemon, phone, act) };
}

function sameScope(daemon: Daemon, phone: Phone, act: OptOutAct): OptOut {
  const row = daemon.store.optOuts
    .of(phone)
    .find(({ scope, entity, purpose }) => scope === act.scope && entity === act.entity && purpose === act.purpose);
  if (row === undefined) throw new Error('an opt-out committed and not found');
  return toOptOut(row);
}

/** The scope with what it needs; USAGE names what is missing or too much. */
function scopeOf(given: Pick<Commands['optout.add']['args'], 'scope' | 'entity' | 'purpose'>) {
  const { scope = 'global', entity = null, purpose = null } = given;
  const refuse = (message: string, hint: string): never => {
    throw new ObzvonError('USAGE', message, { hint });
  };
  if (scope === 'global' && entity !== null) {
    return refuse('entity: an opt-out of scope global names none', 'leave entity out, or give scope entity or purpose');
  }
  if (scope !== 'purpose' && purpose !== null) {
    return refuse(`purpose: an opt-out of scope ${scope} names none`, 'leave purpose out, or give scope purpose');
  }
  if (scope === 'entity' && entity === null) {
    return refuse('entity: scope entity needs the ИНН whose calls are unwanted', 'give entity, or scope global');
  }
  if (scope === 'purpose' && purpose === null) {
    return refuse('purpose: scope purpose needs the purpose of the unwanted calls', 'give purpose, or scope global');
  }
  return { scope, entity, purpose };
}

function toOptOut({ at, scope, entity, purpose, source, attempt, note }: OptOutRow): OptOut {
  return { at, scope, entity, purpose, source, attempt, note };
}
