import type { Policy } from '../../core/policy.ts';
import type { Signatures } from './columns.ts';
import type { RegisterScan } from './registers.ts';

const DAY_MS = 86_400_000;

/** Columns that grow as rows come: objects would take ten times the room. */
interface Rows {
  readonly count: number;
  readonly slot: Int32Array;
  readonly id: Float64Array;
  readonly content: Int32Array;
  readonly givenAt: Float64Array;
  /** When it was withdrawn; NaN: it was not, or will be. */
  readonly withdrawnAt: Float64Array;
}

/**
 * Adds what a lead's consents say: of each all the gate reads of it, and how their times stand to one another. When
 * they were given matters only against now, against each other and against the number's last reassignment.
 */
export function addConsents(
  scan: RegisterScan,
  { add, feature, of }: Signatures,
  policy: Policy,
  now: number,
  reassigned: ReadonlyMap<number, number>,
): void {
  const { rows, replaced } = readConsents(scan, policy, now, of.length);
  const { first, order } = bySlot(rows, of.length);
  const single = new Map<number, number>();
  for (let slot = 0; slot < of.length; slot += 1) {
    const [from, to] = [first[slot] as number, first[slot + 1] as number];
    if (from === to) continue;
    const voidFrom = reassigned.get(slot) ?? -Infinity;
    if (to === from + 1 && voidFrom === -Infinity && replaced.size === 0) {
      // Nearly everybody: one consent, of which its content says all.
      const content = rows.content[order[from] as number] as number;
      let known = single.get(content);
      if (known === undefined) single.set(content, (known = feature(`consents ${content}`)));
      add(slot, known);
      continue;
    }
    const name = together(rows, [...order.subarray(from, to)], voidFrom, replaced);
    if (name !== '') add(slot, feature(`consents ${name}`));
  }
}

function together(rows: Rows, all: number[], voidFrom: number, replaced: ReadonlySet<number>): string {
  const { id, content, givenAt, withdrawnAt } = rows;
  const at = (column: Float64Array, row: number): number => column[row] as number;
  const standing = all
    .filter((row) => !replaced.has(at(id, row)))
    .sort((a, b) => at(givenAt, a) - at(givenAt, b) || at(id, a) - at(id, b));
  return standing
    .map((row) => {
      // A withdrawal takes those with it that were given before it: so many of these.
      const falls = standing.filter((other) => at(givenAt, other) <= at(withdrawnAt, row)).length;
      return `${content[row]}${at(givenAt, row) < voidFrom ? 'v' : ''}${falls > 0 ? `w${falls}` : ''}`;
    })
    .join();
}

type Cells = [
  said: string,
  givenAt: number,
  expiresAt: number | null,
  withdrawnAt: number | null,
  replaces: number | null,
];

function readConsents(
  scan: RegisterScan,
  policy: Policy,
  now: number,
  leads: number,
): { rows: Rows; replaced: ReadonlySet<number> } {
  const ages = [...new Set(Object.values(policy.consent).map(({ maxAgeDays }) => maxAgeDays))].filter(
    (age) => age !== null,
  );
  const contents = new Map<string, number>();
  const replaced = new Set<number>();
  let count = 0;
  let room = leads + 1_000;
  let slots = new Int32Array(room);
  let ids = new Float64Array(room);
  let content = new Int32Array(room);
  let given = new Float64Array(room);
  let withdrawn = new Float64Array(room);
  const grow = (): void => {
    room *= 2;
    const longer = <C extends Int32Array | Float64Array>(empty: C, column: C): C => {
      empty.set(column);
      return empty;
    };
    slots = longer(new Int32Array(room), slots);
    ids = longer(new Float64Array(room), ids);
    content = longer(new Int32Array(room), content);
    given = longer(new Float64Array(room), given);
    withdrawn = longer(new Float64Array(room), withdrawn);
  };
  scan.numbered<Cells>(
    {
      table: 'consents',
      columns: `t.kinds || t.purposes || t.channels || t.entities || iif(coalesce(t.verified_by, '') = '', '', 'v')
        || iif(coalesce(t.evidence, '') = '', '', 'e'), t.given_at, t.expires_at, t.withdrawn_at, t.replaces`,
    },
    (slot, [id, , said, givenAt, expiresAt, withdrawnAt, replaces]) => {
      if (replaces !== null) replaced.add(replaces);
      if (count === room) grow();
      const gone = withdrawnAt !== null && withdrawnAt <= now;
      let past = 0;
      for (const age of ages) if (now >= givenAt + age * DAY_MS) past += 1;
      const flags =
        (givenAt > now ? 1 : 0) + (expiresAt !== null && now >= expiresAt ? 2 : 0) + (gone ? 4 : 0) + 8 * past;
      const name = flags === 0 ? said : `${said} ${flags}`;
      let known = contents.get(name);
      if (known === undefined) contents.set(name, (known = contents.size));
      slots[count] = slot;
      ids[count] = id;
      content[count] = known;
      given[count] = givenAt;
      withdrawn[count] = gone ? withdrawnAt : NaN;
      count += 1;
    },
  );
  return { rows: { count, slot: slots, id: ids, content, givenAt: given, withdrawnAt: withdrawn }, replaced };
}

/** The rows of each lead: those of `slot` are `order[first[slot]]` to `order[first[slot + 1]]`. */
function bySlot({ count, slot }: Rows, leads: number): { first: Int32Array; order: Int32Array } {
  const first = new Int32Array(leads + 1);
  for (let row = 0; row < count; row += 1) {
    const next = (slot[row] as number) + 1;
    first[next] = (first[next] as number) + 1;
  }
  for (let i = 0; i < leads; i += 1) first[i + 1] = (first[i + 1] as number) + (first[i] as number);
  const at = first.slice();
  const order = new Int32Array(count);
  for (let row = 0; row < count; row += 1) {
    const lead = slot[row] as number;
    order[at[lead] as number] = row;
    at[lead] = (at[lead] as number) + 1;
  }
  return { first, order };
}
