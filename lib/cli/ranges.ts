import { statSync } from 'node:fs';
import type { NumberRange, RangeImport, RangeRegister } from '../control/commands/ranges.ts';
import { messageOf, ObzvonError } from '../errors.ts';
import type { Cli } from './cli.ts';
import { readRegister, type Register } from './csv/register.ts';
import type { Io } from './io.ts';
import { duration, localTime, pairs, table } from './print.ts';
import { createBar, createProgress } from './progress.ts';

/** Ranges in one request, and in one transaction of the daemon: it must go on dialing meanwhile. */
const BATCH = 250;

/** `obzvon ranges import FILE...` */
export async function importRanges(
  cli: Cli,
  files: readonly string[],
  options: { forceSmall?: boolean },
): Promise<void> {
  const reading = createProgress(
    cli.io,
    files.map(sizeOf).reduce((sum, size) => sum + size, 0),
  );
  let register: Register;
  try {
    register = await readRegister(files, (bytes) => {
      reading.addBytes(bytes);
    });
  } finally {
    reading.end();
  }
  const { ranges, codes } = register;
  const begun = await cli.call('ranges.begin', {
    files: register.files,
    ranges: ranges.length,
    codes,
    force: options.forceSmall === true,
  });
  const bar = createBar(cli.io);
  try {
    for (const batch of batchesOf(register)) {
      const sent = await cli.call('ranges.rows', { register: begun.register, ...batch });
      bar.show(sent.ranges / ranges.length, `${sent.ranges} ranges sent`);
    }
  } finally {
    bar.end();
  }
  cli.show(await cli.call('ranges.end', begun), (done) => importText(cli.io, done));
}

/** Packed for the socket: an operator or a place is sent once, before the first range that names it. */
function* batchesOf({ ranges, operators, places }: Register) {
  const operatorAt = new Map<number, number>();
  const placeAt = new Map<number, number>();
  for (let from = 0; from < ranges.length; from += BATCH) {
    const slice = ranges.slice(from, from + BATCH);
    const newOperators = unsent(
      operatorAt,
      slice.map(({ operator }) => operator),
    );
    const newPlaces = unsent(
      placeAt,
      slice.map(({ place }) => place),
    );
    yield {
      operators: newOperators.map((at) => operators[at] ?? (['', ''] as const)),
      places: newPlaces.map((at) => places[at] ?? ''),
      ranges: slice.flatMap(({ first, last, operator, place }) => [
        first,
        last - first + 1,
        operatorAt.get(operator) ?? -1,
        placeAt.get(place) ?? -1,
      ]),
    };
  }
}

function unsent(sentAt: Map<number, number>, wanted: readonly number[]): number[] {
  return wanted.filter((one) => {
    if (sentAt.has(one)) return false;
    sentAt.set(one, sentAt.size);
    return true;
  });
}

function importText(io: Io, done: RangeImport): string {
  const { ranges, codes, operators, places, unknownPlaces } = done;
  const strange =
    unknownPlaces.length === 0
      ? ''
      : 'places no region answers to; their numbers count as anywhere in the country:\n' +
        table(
          io,
          ['PLACE', 'RANGES'],
          unknownPlaces.map(({ place, ranges: held }) => [place, held]),
        );
  return `in force: ${ranges} ranges of ${codes} codes, ${operators} operators, ${places} places\n${strange}`;
}

/** `obzvon ranges show PHONE` */
export async function show(cli: Cli, phone: string): Promise<void> {
  cli.show(await cli.call('ranges.show', { phone }), (found) => rangeText(cli.io, found));
}

function rangeText(io: Io, { phone, kind, jurisdiction, range }: NumberRange): string {
  const head = [
    ['phone', phone],
    ['class', `${kind}, ${jurisdiction}`],
  ] as const;
  if (range === null) return pairs(io, [...head, ['range', 'unknown: no register in force has its code']]);
  if (range === 'unallocated') {
    return pairs(io, [...head, ['range', { text: 'allocated to no operator', style: 'red' }]]);
  }
  const { operator, regions, zones } = range;
  return pairs(io, [
    ...head,
    ['range', `${range.from} to ${range.to}`],
    ['operator', operator.inn === '' ? operator.name : `${operator.name}, ИНН ${operator.inn}`],
    ['place', range.place],
    ['regions', regions.length === 0 ? 'the whole country' : regions.join(', ')],
    ['zones', zones.join(', ')],
    ['', 'a ported number keeps its first range: operator and region are weak evidence'],
  ]);
}

/** `obzvon ranges status` */
export async function status(cli: Cli, options: { history?: boolean }): Promise<void> {
  const asked = await cli.call('ranges.status', { history: options.history === true });
  cli.show(asked, ({ inForce, past }) => {
    const now = cli.io.clock.now();
    const texts = [
      inForce === null ? 'no register of numbering ranges is in force\n' : registerText(cli.io, inForce, now),
      ...past.map((register) => registerText(cli.io, register, null)),
    ];
    return texts.join('\n');
  });
}

/** `now` null: no longer in force. */
function registerText(io: Io, register: RangeRegister, now: number | null): string {
  const { id, importedAt, ranges, codes, files } = register;
  const age = now === null ? 'no longer in force' : `${duration(Math.max(0, now - importedAt))} ago`;
  return pairs(io, [
    ['register', id],
    ['imported', `${localTime(importedAt)}, ${age}`],
    ['ranges', `${ranges} of ${codes} codes`],
    ...files.map((file) => ['file', `${file.name}, ${file.ranges} ranges, SHA-256 ${file.sha256}`] as const),
  ]);
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw new ObzvonError('IMPORT_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}
