import { PURPOSES } from '../campaign.ts';
import { CONSENT_CHANNELS, type ConsentKind } from '../facts.ts';
import { absentIs, choice, choices, inns, optional, sha256, text, time, register, type RecordOf } from './field.ts';
import { NOTE_HEADERS, PHONE_HEADERS, SOURCE_HEADERS } from './headers.ts';

export const CONSENT_KINDS = ['AD', 'CALL', 'PD', 'REQ', 'RECORDING'] as const satisfies readonly ConsentKind[];

/** Recorded prior agreement. A row with `withdrawn_at` says that it was taken back. */
export const consentRegister = register({
  name: 'consent',
  doc: 'recorded consents',
  phoneHeaders: PHONE_HEADERS,
  key: null,
  fields: {
    kinds: choices(
      {
        doc: 'what was agreed to',
        headers: ['kind', 'вид', 'виды', 'вид согласия'],
      },
      CONSENT_KINDS,
    ),
    purposes: absentIs(
      () => [],
      choices({ doc: 'purposes it is for; none: every one', headers: ['purpose', 'цель', 'цели'] }, PURPOSES),
    ),
    entities: inns({
      doc: 'whose calls the person agreed to',
      headers: ['entity', 'инн', 'inn', 'организация', 'организации'],
    }),
    channels: absentIs(
      () => [],
      choices(
        { doc: 'how the person may be reached; none: every way', headers: ['channel', 'каналы', 'каналы связи'] },
        CONSENT_CHANNELS,
      ),
    ),
    givenAt: time({ doc: 'when it was given', headers: ['given', 'дата', 'дата согласия', 'дано'] }),
    expiresAt: optional(time({ doc: 'when it ends', headers: ['expires', 'действует до', 'срок'] })),
    withdrawnAt: optional(time({ doc: 'when it was withdrawn', headers: ['withdrawn', 'отозвано', 'дата отзыва'] })),
    givenBy: optional(
      choice({ doc: 'by what means it was given', headers: ['способ', 'как дано'] }, [
        'web',
        'paper',
        'call',
        'sms-code',
        'contract',
        'state-register',
      ]),
    ),
    documentKind: optional(
      choice(
        {
          doc: 'a document of its own, or a clause of another (152-ФЗ asks for the former)',
          headers: ['вид документа'],
        },
        ['separate', 'clause'],
      ),
    ),
    textVersion: optional(text({ doc: 'version of the text agreed to', headers: ['версия текста', 'редакция'] }, 100)),
    textSha256: optional(sha256({ doc: 'SHA-256 of that text', headers: ['хеш текста'] })),
    verifiedBy: optional(
      text(
        {
          doc: 'how it was made sure who gave it: signature, sms-code, recorded call',
          headers: ['verified', 'подтверждение', 'чем подтверждено'],
        },
        100,
      ),
    ),
    evidence: optional(text({ doc: 'where the proof is kept', headers: ['доказательство', 'документ', 'файл'] })),
    evidenceSha256: optional(sha256({ doc: 'SHA-256 of the proof', headers: ['хеш документа'] })),
    source: absentIs(
      ({ source }) => source,
      text({ doc: 'where the row comes from; the list when not given', headers: SOURCE_HEADERS }, 255),
    ),
    note: optional(text({ doc: 'anything worth keeping', headers: NOTE_HEADERS })),
  },
  check({ givenAt, expiresAt, withdrawnAt }) {
    if (expiresAt !== null && expiresAt <= givenAt) {
      return { code: 'EXPIRES_AT_INVALID', reason: 'expires_at is not after given_at' };
    }
    return withdrawnAt !== null && withdrawnAt < givenAt
      ? { code: 'WITHDRAWN_AT_INVALID', reason: 'withdrawn_at is before given_at' }
      : null;
  },
});

export type ConsentRow = RecordOf<typeof consentRegister.fields>;

/** What a person takes back; null: all of it. */
export interface Withdrawal {
  readonly kinds: readonly ConsentKind[] | null;
  readonly entities: readonly string[] | null;
  readonly at: number;
  readonly source: string;
  readonly note: string | null;
}

/** The rows that take a consent's place: what was withdrawn of it, and what stays. Empty: the withdrawal is about others. */
export function withdrawFrom(consent: ConsentRow, { kinds, entities, at, source, note }: Withdrawal): ConsentRow[] {
  if (consent.withdrawnAt !== null || consent.givenAt > at) return [];
  const [kindsOut, kindsKept] = split(consent.kinds, kinds);
  const [entitiesOut, entitiesKept] = split(consent.entities, entities);
  if (kindsOut.length === 0 || entitiesOut.length === 0) return [];
  const parts = [
    { ...consent, kinds: kindsOut, entities: entitiesOut, withdrawnAt: at, source, note },
    { ...consent, kinds: kindsKept },
    { ...consent, kinds: kindsOut, entities: entitiesKept },
  ];
  return parts.filter((part) => part.kinds.length > 0 && part.entities.length > 0);
}

/** The row that keeps a withdrawal of what was never recorded: consents of before that turn up later fall under it. */
export function withdrawalAlone(phone: ConsentRow['phone'], withdrawal: Withdrawal): ConsentRow | null {
  const { kinds, entities, at, source, note } = withdrawal;
  if (entities === null) return null;
  return {
    ...NOTHING_MORE,
    phone,
    kinds: kinds ?? CONSENT_KINDS,
    purposes: [],
    entities,
    givenAt: at,
    withdrawnAt: at,
    source,
    note,
  };
}

/** What a consent may leave unsaid. */
export const NOTHING_MORE = {
  channels: [],
  expiresAt: null,
  withdrawnAt: null,
  givenBy: null,
  documentKind: null,
  textVersion: null,
  textSha256: null,
  verifiedBy: null,
  evidence: null,
  evidenceSha256: null,
  note: null,
} as const satisfies Partial<ConsentRow>;

function split<T>(all: readonly T[], asked: readonly T[] | null): [out: readonly T[], kept: readonly T[]] {
  if (asked === null) return [all, []];
  return [all.filter((one) => asked.includes(one)), all.filter((one) => !asked.includes(one))];
}
