import { isPhoneInteger } from '../../core/phone.ts';
import { beginSetOptOut } from '../../dialer/opt-out-sets.ts';
import { mendedForAll } from '../../dialer/mended.ts';
import { ObzvonError } from '../../errors.ts';
import type { NumberSet } from '../../store/number-sets.ts';
import type { NumbersInto } from '../commands/imports.ts';
import type { Handlers } from '../server.ts';
import type { Daemon } from './daemon.ts';
import { createRunningImports, type Running } from './running-imports.ts';
import { inSlices } from './slices.ts';

/** Adds numbers within a slice; returns how many were new. */
type AddNumbers = (numbers: NumberSet) => number;

interface SetWriter {
  /** Numbers the client said it would send. */
  readonly count: number;
  /** Begins a slice; each is a transaction of its own. */
  readonly slice: () => AddNumbers;
  /** Within a transaction: all numbers are there. */
  readonly finish: () => void;
}

/** Numbers between two looks at the clock. */
const STEP = 256;
/** Rows of a replaced list looked at between two looks at the clock. */
const STRETCH = 512;
/** One request to clear replaced lists works so long. */
const CLEARING_MS = 1_000;
/** A list that lost more than half of its numbers was cut short on the way here. */
const LEAST_SHARE = 0.5;

/** Imports of numbers alone, sorted and without duplicates: opt-outs and external do-not-call lists of millions. */
export function numberImportHandlers(daemon: Daemon) {
  const { store, engine, clock } = daemon;
  const { numberSets } = store;
  const imports = createRunningImports<SetWriter>(daemon);

  function optOuts(into: NumbersInto & { kind: 'optout' }, list: string, count: number): SetWriter {
    const { scope, entity = null, purpose = null, source = `import ${list}`, note = null } = into;
    return {
      count,
      slice() {
        const { add } = beginSetOptOut(engine.floor, {
          kind: 'opt-out',
          scope,
          entity,
          purpose,
          source,
          attempt: null,
          evidence: null,
          note,
        });
        return add;
      },
      finish: () => undefined,
    };
  }

  /** The list of this very content that is half loaded; none: the import begins at its first number. */
  function halfLoaded(into: NumbersInto & { kind: 'dnc' }, fingerprint: string): number | null {
    const loading = numberSets.dncList(into.registry, 'loading');
    return loading?.sha256 === fingerprint && loading.takenAt === into.takenAt ? loading.id : null;
  }

  function dncList(
    into: NumbersInto & { kind: 'dnc' },
    count: number,
    fingerprint: string,
    loading: number | null,
  ): SetWriter {
    const { registry, takenAt, force } = into;
    const active = numberSets.dncList(registry, 'active');
    if (active?.takenAt === takenAt && active.sha256 === fingerprint) {
      return { count, slice: () => () => 0, finish: () => undefined };
    }
    if (active !== undefined && !force) mayReplace(active, takenAt, count);
    const list =
      loading ?? engine.floor.act(() => numberSets.beginDncList(registry, takenAt, fingerprint, clock.now()));
    return {
      count,
      slice: () => (numbers) => numberSets.addListed(list, numbers),
      finish() {
        numberSets.activateDncList(registry, list, clock.now());
        mendedForAll(engine.floor, 'dnc');
      },
    };
  }

  return {
    'numbers.begin': ({ into, list, count, fingerprint }) => {
      if (into.kind === 'optout')
        return toAnswer(imports.begin({ ...into, list, target: '', fingerprint }, optOuts(into, list, count)));
      const loading = halfLoaded(into, fingerprint);
      const work = dncList(into, count, fingerprint, loading);
      const { kind, registry: target } = into;
      return toAnswer(imports.begin({ kind, list, target, fingerprint, again: loading === null }, work));
    },
    'numbers.add': ({ import: id, from, numbers }, { signal }) => {
      checkNumbers(numbers);
      return imports.during(id, from, async (running) => {
        const before = running.progress;
        let next = 0;
        let added = 0;
        await inSlices(engine.floor, signal, (hasTime) => {
          const add = running.work.slice();
          while (next < numbers.length && hasTime()) {
            added += add(numbers.slice(next, next + STEP));
            next = Math.min(numbers.length, next + STEP);
          }
          imports.advance(running, {
            ...before,
            done: before.done + next,
            accepted: before.accepted + added,
            duplicate: before.duplicate + next - added,
          });
          return next < numbers.length;
        });
        engine.floor.wake();
        return { accepted: added, duplicate: numbers.length - added };
      });
    },
    'numbers.end': ({ import: id, duplicate, rejected }) =>
      imports.during(id, undefined, async (running) => {
        const { work, progress } = running;
        if (progress.done !== work.count) {
          throw new ObzvonError('MOVE_REFUSED', `${progress.done} of ${work.count} numbers have come`, {
            hint: 'give the same import again: it goes on from there',
          });
        }
        engine.floor.act(work.finish);
        return imports.end(running, { duplicate, rejected });
      }),
    'dnc.clear': async ({ after: from }, { signal }) => {
      const until = clock.monotonic() + CLEARING_MS;
      let after = from;
      let list = numberSets.dncListToClear();
      await inSlices(engine.floor, signal, (hasTime) => {
        while (list !== undefined && hasTime()) {
          const next = numberSets.clearDncList(list, after, STRETCH, clock.now());
          after = next ?? 0;
          if (next === null) list = numberSets.dncListToClear();
        }
        return list !== undefined && clock.monotonic() < until;
      });
      return { after: list === undefined ? null : after };
    },
  } satisfies Handlers;
}

function mayReplace(active: { numbers: number; takenAt: number }, takenAt: number, count: number): void {
  const hint = 'look at the file; --force takes it all the same';
  if (count < active.numbers * LEAST_SHARE) {
    throw new ObzvonError('MOVE_REFUSED', `the list has ${count} numbers, the one in force ${active.numbers}`, {
      hint,
    });
  }
  if (takenAt < active.takenAt) {
    throw new ObzvonError('MOVE_REFUSED', 'the list was taken before the one in force', { hint });
  }
}

function toAnswer({ id, progress: { done, accepted, duplicate } }: Running<SetWriter>) {
  return { import: id, done, accepted, duplicate };
}

/** The socket is a border: nothing but sorted whole numbers of phones comes through. */
function checkNumbers(numbers: readonly number[]): void {
  let before = 0;
  for (const number of numbers) {
    if (!(number > before) || !isPhoneInteger(number)) {
      throw new ObzvonError('USAGE', 'the numbers are not canonical phone numbers in ascending order');
    }
    before = number;
  }
}
