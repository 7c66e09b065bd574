import { zoneEvidence } from '../../core/calling-hours.ts';
import { classOf } from '../../core/number-class.ts';
import { codeOf, tooSmall, type RegisterSize } from '../../core/numbering-ranges.ts';
import { phoneToInteger, type Phone } from '../../core/phone.ts';
import { placeOf } from '../../core/region.ts';
import { loadRegions } from '../../data/load.ts';
import { mendedForAll } from '../../dialer/mended.ts';
import { ObzvonError } from '../../errors.ts';
import type { RangeRow } from '../../store/ranges.ts';
import type { NumberRange } from '../commands/ranges.ts';
import type { Handlers } from '../server.ts';
import { phoneTyped, type Daemon } from './daemon.ts';

/** A register in loading: what came so far. */
interface Loading {
  readonly id: number;
  readonly announced: RegisterSize;
  readonly force: boolean;
  readonly operators: number[];
  readonly places: number[];
  readonly unknown: Map<number, { readonly place: string; ranges: number }>;
  readonly codes: Set<number>;
  ranges: number;
  last: number;
}

/** Ranges of a register out of force deleted in one transaction, and the pause between two. */
const SWEPT_AT_ONCE = 500;
const SWEEP_PAUSE_MS = 20;

/** The most unknown places told after an import. */
const UNKNOWN_TOLD = 20;

/** The register of numbering ranges: the CLI reads and checks the files and sends packed batches in number order. */
export function rangeHandlers(daemon: Daemon) {
  const { store, engine, clock, log } = daemon;
  const regions = loadRegions('ru');
  const allZones = [...new Set(Object.values(regions).flatMap(({ zones }) => zones))];
  let loading: Loading | null = null;
  let sweeping = false;

  function sweep(): void {
    const { holds } = engine.floor;
    sweeping = !holds.has('draining') && !holds.has('store-failed');
    if (!sweeping) return;
    sweeping = engine.floor.act(() => store.ranges.sweep(SWEPT_AT_ONCE, loading?.id ?? null));
    if (sweeping) clock.after(SWEEP_PAUSE_MS, sweep);
  }
  function sweepSoon(): void {
    if (sweeping) return;
    sweeping = true;
    clock.after(SWEEP_PAUSE_MS, sweep);
  }

  function loadingOf(register: number): Loading {
    if (loading === null || loading.id !== register) {
      throw new ObzvonError('NOT_FOUND', `register ${register} is not in loading`, {
        hint: 'another import began, or the daemon was restarted: import the files again; the register in force stays',
      });
    }
    return loading;
  }

  function giveUp(message: string): ObzvonError {
    loading = null;
    sweepSoon();
    return new ObzvonError('RANGES_REFUSED', message);
  }

  function refuseSmall(size: RegisterSize, force: boolean): void {
    const why = force ? null : tooSmall(size, store.ranges.inForce());
    if (why !== null) throw giveUp(why);
  }

  /** Takes a batch apart; numbers out of order are how an overlap shows. */
  function rowsOf(into: Loading, flat: readonly number[]): RangeRow[] {
    if (flat.length % 4 !== 0) throw giveUp('a batch is cut short');
    const rows: RangeRow[] = [];
    for (let i = 0; i < flat.length; i += 4) {
      const [first = 0, count = 0, operatorAt = -1, placeAt = -1] = flat.slice(i, i + 4);
      const [operator, place] = [into.operators[operatorAt], into.places[placeAt]];
      const last = first + count - 1;
      if (operator === undefined || place === undefined) throw giveUp(`range ${first} names no operator or place sent`);
      if (count < 1 || first <= into.last || codeOf(first) !== codeOf(last) || Math.floor(codeOf(first) / 1000) !== 7) {
        throw giveUp(`range ${first} to ${last} is none, overlaps the one before or is out of order`);
      }
      into.last = last;
      into.codes.add(codeOf(first));
      into.ranges += 1;
      const strange = into.unknown.get(place);
      if (strange !== undefined) strange.ranges += 1;
      rows.push([first, last, operator, place]);
    }
    return rows;
  }

  sweepSoon();
  return {
    'ranges.begin': ({ files, ranges, codes, force }) => {
      refuseSmall({ ranges, codes }, force);
      const id = engine.floor.act(() => store.ranges.begin(files, clock.now()));
      loading = {
        id,
        announced: { ranges, codes },
        force,
        operators: [],
        places: [],
        unknown: new Map(),
        codes: new Set(),
        ranges: 0,
        last: 0,
      };
      sweepSoon();
      return { register: id };
    },
    'ranges.rows': ({ register, operators, places, ranges }) => {
      const into = loadingOf(register);
      engine.floor.act(() => {
        for (const [name, inn] of operators) into.operators.push(store.ranges.operator(name, inn));
        for (const text of places) {
          const place = placeOf(text, regions);
          const id = store.ranges.place(text, place.regions);
          into.places.push(id);
          if (place.unknown !== null) into.unknown.set(id, { place: text, ranges: 0 });
        }
        store.ranges.append(register, rowsOf(into, ranges));
      });
      return { ranges: into.ranges };
    },
    'ranges.end': ({ register }) => {
      const { announced, force, operators, places, unknown, ...loaded } = loadingOf(register);
      const size = { ranges: loaded.ranges, codes: loaded.codes.size };
      if (size.ranges !== announced.ranges || size.codes !== announced.codes) {
        throw giveUp(
          `${size.ranges} ranges of ${size.codes} codes came, ${announced.ranges} of ${announced.codes} were announced`,
        );
      }
      refuseSmall(size, force);
      const now = clock.now();
      const inForce = engine.floor.act(() => {
        store.ranges.activate(register, size, now);
        store.journal.write({
          at: now,
          subject: 'ranges',
          id: String(register),
          event: 'activated',
          data: { ...size },
        });
        mendedForAll(engine.floor, 'ranges');
        return store.ranges.inForce();
      });
      if (inForce === null) throw new Error('a register was made active and is not');
      loading = null;
      sweepSoon();
      log.info({ register, ...size, unknownPlaces: unknown.size }, 'register of numbering ranges in force');
      const unknownPlaces = [...unknown.values()].sort((a, b) => b.ranges - a.ranges).slice(0, UNKNOWN_TOLD);
      return { ...inForce, operators: operators.length, places: places.length, unknownPlaces };
    },
    'ranges.show': ({ phone: text }) => {
      const phone = phoneTyped(text);
      return { phone, ...classOf(phone), range: rangeOf(phone) };
    },
    'ranges.status': ({ history }) => ({
      inForce: store.ranges.inForce(),
      past: history ? store.ranges.past() : [],
    }),
  } satisfies Handlers;

  function rangeOf(phone: Phone): NumberRange['range'] {
    const found = store.ranges.find(phoneToInteger(phone));
    if (found === null || found === 'unallocated') return found;
    const of = JSON.parse(found.regions) as string[];
    const source = classOf(phone).kind === 'mobile' ? 'def' : 'abc';
    const nobody = { zone: null, region: null };
    return {
      from: `+${found.first}`,
      to: `+${found.last}`,
      operator: { name: found.name, inn: found.inn },
      place: found.place,
      regions: of,
      zones: zoneEvidence(nobody, regions, allZones, { source, regions: of }).zones,
    };
  }
}
