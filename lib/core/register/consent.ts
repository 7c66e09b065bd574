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
  fields: {
    kinds: choices(
      {
        doc: 'what was agreed to: AD advertising, CALL mass and automatic calls, PD personal data, REQ asked for by the person, RECORDING',
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
