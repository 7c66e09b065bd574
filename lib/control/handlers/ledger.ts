import { existsSync } from 'node:fs';
import { setImmediate as breath } from 'node:timers/promises';
import { phoneToInteger } from '../../core/phone.ts';
import { erasePerson } from '../../dialer/erasure.ts';
import { heedLedger } from '../../dialer/ledger-watch.ts';
import { ObzvonError } from '../../errors.ts';
import { numberText, type NumberText } from '../../number-text.ts';
import type { ErasureAct } from '../../store/erasures.ts';
import { clearFreedSpace } from '../../store/erasure-search.ts';
import { verifyApart } from '../../store/verify-file.ts';
import { anchorNow } from '../anchoring.ts';
import type { Handlers } from '../server.ts';
import { phoneTyped, type Daemon } from './daemon.ts';

/** The ledger's proofs, one person's story, and his erasure. */
export function ledgerHandlers(daemon: Daemon) {
  const { store, engine, clock, log } = daemon;
  return {
    'ledger.verify': async (_, { progress, signal }) => {
      const { path: database, keyFile: key, anchorsFile } = store;
      const files = { database, key, anchors: existsSync(anchorsFile) ? anchorsFile : null };
      const proof = await verifyApart(files, { onRows: (rows) => progress({ rows }), signal });
      log[proof.ok ? 'info' : 'error'](
        { ok: proof.ok, rows: proof.rows, faults: proof.faultCount, head: proof.head?.id },
        'ledger verified',
      );
      const [fault] = proof.faults;
      heedLedger(engine.floor, fault === undefined ? null : `${fault.where}: ${fault.found}`);
      return { ...proof, files };
    },
    'ledger.anchor': () => ({ ...anchorNow(daemon), path: store.anchorsFile }),
    'person.story': ({ phone: text, verdicts }) => {
      const phone = phoneTyped(text);
      return { phone, at: clock.now(), ...store.stories.of(phoneToInteger(phone), verdicts) };
    },
    'person.erase': async ({ phone: text, reason, by }) => {
      const phone = phoneTyped(text);
      const integer = phoneToInteger(phone);
      const number = numberText(phone);
      if (store.erasures.isCaller(integer)) {
        throw new ObzvonError('USAGE', `${phone} is a caller number of ours, not a person`, {
          hint: 'see obzvon line list',
        });
      }
      if (number.in(reason)) {
        throw new ObzvonError('USAGE', 'the reason holds the number that is to be erased', {
          hint: 'name the demand by its number or date',
        });
      }
      const act = erasePerson(engine.floor, phone, { by, reason });
      const mentions = await sweepMentions(daemon, number);
      engine.floor.act(() => store.erasures.amend(act, { mentions }));
      const search = await clearFreedSpace(store, phone, {
        mayCompact: () => engine.floor.attempts.size === 0,
        clock,
      });
      log.info({ pseudonym: act.pseudonym, search }, 'erased number searched for');
      return engine.floor.act(() => store.erasures.amend(act, { search }));
    },
    'person.files-cleaned': ({ phone: text, files }) => {
      const act = store.erasures.actOf(phoneToInteger(phoneTyped(text)));
      if (act === null) throw new ObzvonError('NOT_FOUND', 'this person was not erased');
      return engine.floor.act((): ErasureAct => {
        for (const { path, outcome } of files) {
          if (outcome === 'removed' || outcome === 'absent') store.writtenFiles.forget(path);
        }
        return store.erasures.amend(act, { files });
      });
    },
    'file.written': ({ path, kind }) => {
      engine.floor.act(() => store.writtenFiles.note(path, kind, clock.now()));
      return { path, kind };
    },
  } satisfies Handlers;
}

/** Pages of free texts, each in a transaction of its own, with calls in between. */
async function sweepMentions({ store, engine }: Daemon, number: NumberText): Promise<Record<string, number>> {
  const steps = store.erasures.sweep(number);
  const mentions: Record<string, number> = {};
  for (;;) {
    const step = engine.floor.act(() => steps.next());
    if (step.done === true) return mentions;
    const { table, changed } = step.value;
    if (changed > 0) mentions[table] = (mentions[table] ?? 0) + changed;
    await breath();
  }
}
