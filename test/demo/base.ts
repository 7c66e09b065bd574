import { numberFor, type BehaviourName } from '../../asterisk/testbed/behaviours.ts';
import { seededRandom } from '../../lib/sim/random.ts';

/** Why a row of the demo's base must not be called, or null when it may. */
export type Obstacle =
  | 'opted-out'
  | 'no-consent'
  | 'expired-consent'
  | 'foreign-consent'
  | 'far-zone'
  | 'wrong'
  | 'duplicate';

export interface DemoRow {
  /** As written in the file, in any spelling. */
  readonly phone: string;
  /** E.164; null for a wrong number. */
  readonly e164: string | null;
  readonly name: string;
  readonly zone: string;
  readonly obstacle: Obstacle | null;
}

export interface DemoBase {
  readonly rows: readonly DemoRow[];
  readonly leadsCsv: Buffer;
  readonly consentsCsv: string;
  readonly optOutsCsv: string;
}

export const ENTITY = '7701234567';
export const CALLER = '+74951234567';

/** How the people of the demo behave: quick, so that 300 leads take a minute; shares in percent. */
const PEOPLE: readonly (readonly [BehaviourName, share: number, options: { ringMs?: number; talkS?: number }])[] = [
  ['human', 46, { ringMs: 600, talkS: 1 }],
  ['early-human', 4, { ringMs: 500, talkS: 2 }],
  ['machine', 5, { ringMs: 500, talkS: 3 }],
  ['human-opts-out', 3, { ringMs: 400, talkS: 9 }],
  ['human-drops', 2, { ringMs: 400 }],
  ['busy', 15, {}],
  ['no-answer', 5, {}],
  ['unavailable', 8, {}],
  ['declined', 4, { ringMs: 300 }],
  ['unallocated', 4, {}],
  ['congestion', 2, {}],
  ['rejected', 2, {}],
];

const WRONG = [
  '12345',
  'нет телефона',
  '8-112',
  '7,91612E+10',
  '+7 495 123',
  '8 (916) 000-00; 8 (495) 12',
  '8 495 123-45-67 доб. 12',
  '',
];

const SURNAMES = [
  'Иванов',
  'Смирнова',
  'Кузнецов',
  'Попова',
  'Соколов',
  'Лебедева',
  'Козлов',
  'Новикова',
  'Морозов',
  'Ёлкина',
];
const NAMES = ['Андрей', 'Мария', 'Сергей', 'Ольга', 'Дмитрий', 'Анна', 'Пётр', 'Елена'];

const OBSTACLES: readonly (readonly [Obstacle, number])[] = [
  ['opted-out', 14],
  ['no-consent', 18],
  ['expired-consent', 6],
  ['foreign-consent', 6],
  ['far-zone', 32],
  ['wrong', 14],
  ['duplicate', 12],
];

/** A base of `size` rows as a spreadsheet would hold it, the same for the same seed. */
export function makeBase(options: {
  size: number;
  seed: number;
  homeZone: string;
  farZone: string;
  now: number;
}): DemoBase {
  const random = seededRandom(options.seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const lot = (): (typeof PEOPLE)[number] => {
    let left = random() * 100;
    return PEOPLE.find(([, share]) => (left -= share) < 0) ?? (PEOPLE[0] as (typeof PEOPLE)[number]);
  };
  const rows: DemoRow[] = [];
  const person = (obstacle: Obstacle | null): DemoRow => {
    const [behaviour, , given] = lot();
    // The serial has three digits; the talk time carries the rest where it means nothing.
    const e164 = numberFor(behaviour, { ringMs: 0, talkS: 1, ...given, serial: rows.length % 1000 });
    return {
      phone: spell(e164, random()),
      e164,
      name: `${pick(SURNAMES)} ${pick(NAMES)}`,
      zone: obstacle === 'far-zone' ? options.farZone : options.homeZone,
      obstacle,
    };
  };
  const plan: (Obstacle | null)[] = OBSTACLES.flatMap(([obstacle, n]) => Array<Obstacle | null>(n).fill(obstacle));
  while (plan.length < options.size) plan.push(null);
  for (let i = plan.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [plan[i], plan[j]] = [plan[j] as Obstacle | null, plan[i] as Obstacle | null];
  }
  for (const obstacle of plan) {
    const earlier = rows.filter((row) => row.obstacle === null);
    if (obstacle === 'wrong') {
      rows.push({ ...person(obstacle), phone: WRONG[rows.length % WRONG.length] ?? '', e164: null });
    } else if (obstacle === 'duplicate' && earlier.length > 0) {
      const twin = pick(earlier);
      rows.push({ ...twin, phone: spell(twin.e164 ?? '', random()), obstacle });
    } else {
      rows.push(person(obstacle === 'duplicate' ? null : obstacle));
    }
  }
  return {
    rows,
    leadsCsv: cp1251(
      ['Телефон;ФИО;Часовой пояс;Город', ...rows.map((row) => `${quote(row.phone)};${row.name};${row.zone};Н-ск`)].join(
        '\r\n',
      ) + '\r\n',
    ),
    consentsCsv: consents(rows, options.now),
    optOutsCsv:
      ['phone;note', ...of(rows, 'opted-out').map((row) => `${row.phone};asked in a letter`)].join('\n') + '\n',
  };
}

const of = (rows: readonly DemoRow[], obstacle: Obstacle) => rows.filter((row) => row.obstacle === obstacle);

function consents(rows: readonly DemoRow[], now: number): string {
  const day = (shift: number) => new Date(now + shift * 86_400_000).toISOString().slice(0, 10);
  const lines = rows
    .filter((row) => row.e164 !== null && row.obstacle !== 'no-consent' && row.obstacle !== 'duplicate')
    .map((row) => {
      const expires = row.obstacle === 'expired-consent' ? day(-3) : day(365);
      const entity = row.obstacle === 'foreign-consent' ? '7809876543' : ENTITY;
      return `${row.e164},CALL PD,informational,${entity},${day(-30)},${expires},sms-code,forms/2026-10.pdf`;
    });
  return `phone,kinds,purposes,entities,given_at,expires_at,verified_by,evidence\n${lines.join('\n')}\n`;
}

/** One of the spellings people use. */
function spell(e164: string, lot: number): string {
  const d = e164.slice(2);
  const parts = [d.slice(0, 3), d.slice(3, 6), d.slice(6, 8), d.slice(8)] as const;
  const spellings = [
    e164,
    `8${d}`,
    `7${d}`,
    d,
    `8 (${parts[0]}) ${parts[1]}-${parts[2]}-${parts[3]}`,
    `+7 ${parts.join(' ')}`,
    `+7(${parts[0]})${parts[1]}.${parts[2]}.${parts[3]}`,
  ];
  return spellings[Math.floor(lot * spellings.length)] ?? e164;
}

function quote(cell: string): string {
  return /[;"\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** The encoding Russian Excel writes; only what the demo's text needs. */
function cp1251(text: string): Buffer {
  return Buffer.from(
    [...text].map((char) => {
      const code = char.codePointAt(0) ?? 0x3f;
      if (code < 0x80) return code;
      if (code >= 0x410 && code <= 0x44f) return code - 0x410 + 0xc0;
      return { Ё: 0xa8, ё: 0xb8 }[char] ?? 0x3f;
    }),
  );
}
