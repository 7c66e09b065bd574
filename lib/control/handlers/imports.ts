import { randomUUID } from 'node:crypto';
import { PURPOSES, type Purpose } from '../../core/campaign.ts';
import type { ConsentKind } from '../../core/facts.ts';
import { parsePhone, type Phone } from '../../core/phone.ts';
import { optOut } from '../../dialer/opt-outs.ts';
import { ObzvonError } from '../../errors.ts';
import { GLOBAL_OPT_OUT } from '../../store/opt-outs.ts';
import type { ImportKind, ImportRow, RejectedRow } from '../protocol.ts';
import type { Handlers } from '../server.ts';
import { campaignNamed, type Daemon } from './daemon.ts';

/** What one row came to. */
type RowResult = 'accepted' | 'duplicate' | { readonly code: string; readonly reason: string };

interface Import {
  readonly kind: ImportKind;
  readonly write: (row: ImportRow) => RowResult;
  readonly counts: { accepted: number; duplicate: number; rejected: number };
  touchedAt: number;
}

/** An import whose client never ended it is forgotten after this. */
const IDLE_MS = 3_600_000;

const KINDS: readonly ConsentKind[] = ['AD', 'CALL', 'PD', 'REQ', 'RECORDING'];

/** Imports: the CLI decodes the file and sends rows; each batch is one transaction, each wrong row is put aside. */
export function importHandlers(daemon: Daemon) {
  const { store, engine, clock } = daemon;
  const imports = new Map<string, Import>();

  const writers: Record<ImportKind, (list: string, campaign: string | undefined) => Import['write']> = {
    lead(list, name) {
      const campaign = campaignNamed(daemon, name ?? '');
      return (row) =>
        withPhone(row, (phone) => {
          const { name: person, zone, region, priority } = row.values;
          if (zone !== undefined && zone !== '' && !isZone(zone)) {
            return { code: 'ZONE_UNKNOWN', reason: `“${zone}” is not an IANA time zone such as Europe/Moscow` };
          }
          const rank = priority === undefined || priority === '' ? 0 : Number(priority);
          if (!Number.isSafeInteger(rank)) {
            return { code: 'PRIORITY_INVALID', reason: `priority “${priority}” is not a whole number` };
          }
          const lead = {
            campaign: campaign.id,
            phone,
            person: null,
            name: emptyToNull(person),
            zone: emptyToNull(zone),
            region: emptyToNull(region),
            priority: rank,
            vars: row.vars,
            list,
            listRow: row.row,
          };
          return store.leads.insert(lead, clock.now()) ? 'accepted' : 'duplicate';
        });
    },
    consent: (list) => (row) =>
      withPhone(row, (phone) => {
        const { kinds, purposes, entities, given_at, expires_at, verified_by, evidence } = row.values;
        const wrong = (code: string, reason: string) => ({ code, reason });
        const kindList = words(kinds).map((kind) => kind.toUpperCase());
        const strange = kindList.find((kind) => !KINDS.includes(kind as ConsentKind));
        if (kindList.length === 0 || strange !== undefined) {
          return wrong(
            'KINDS_INVALID',
            `kinds must be some of ${KINDS.join(', ')}${strange === undefined ? '' : `, not “${strange}”`}`,
          );
        }
        const purposeList = words(purposes);
        const unknown = purposeList.find((purpose) => !PURPOSES.includes(purpose as Purpose));
        if (unknown !== undefined)
          return wrong('PURPOSES_INVALID', `“${unknown}” is no purpose; known: ${PURPOSES.join(', ')}`);
        const entityList = words(entities);
        const noInn = entityList.find((entity) => !/^(\d{10}|\d{12})$/.test(entity));
        if (entityList.length === 0 || noInn !== undefined) {
          return wrong('ENTITIES_INVALID', 'entities must be ИНН of 10 or 12 digits: whose calls the person agreed to');
        }
        const givenAt = instant(given_at);
        if (givenAt === null)
          return wrong('GIVEN_AT_INVALID', `given_at “${given_at ?? ''}” is not a date such as 2026-05-31`);
        const expiresAt = instant(expires_at);
        if (expires_at !== undefined && expires_at !== '' && expiresAt === null) {
          return wrong('EXPIRES_AT_INVALID', `expires_at “${expires_at}” is not a date such as 2027-05-31`);
        }
        const consent = {
          phone,
          kinds: kindList as ConsentKind[],
          purposes: purposeList as Purpose[],
          entities: entityList,
          givenAt,
          expiresAt,
          verifiedBy: emptyToNull(verified_by),
          evidence: emptyToNull(evidence),
          source: list,
        };
        if (!store.consents.insert(consent, clock.now())) return 'duplicate';
        store.leads.releaseForConsent(phone, clock.now());
        return 'accepted';
      }),
    optout: (list) => (row) =>
      withPhone(row, (phone) => {
        const note = emptyToNull(row.values['note']);
        const source = emptyToNull(row.values['source']) ?? `import ${list}`;
        return optOut(engine.floor, phone, { ...GLOBAL_OPT_OUT, source, note }) ? 'accepted' : 'duplicate';
      }),
  };

  function importOf(id: string): Import {
    const found = imports.get(id);
    if (found === undefined)
      throw new ObzvonError('NOT_FOUND', 'this import has ended or never began', {
        hint: 'begin it again: rows imported already count as duplicates',
      });
    return found;
  }

  return {
    'import.begin': ({ kind, list, campaign }) => {
      for (const [id, { touchedAt }] of imports) if (clock.now() - touchedAt > IDLE_MS) imports.delete(id);
      const id = randomUUID();
      imports.set(id, {
        kind,
        write: writers[kind](list, campaign),
        counts: { accepted: 0, duplicate: 0, rejected: 0 },
        touchedAt: clock.now(),
      });
      return { import: id };
    },
    'import.rows': ({ import: id, rows }) => {
      const running = importOf(id);
      const { write, counts } = running;
      running.touchedAt = clock.now();
      const rejected: RejectedRow[] = [];
      const before = { ...counts };
      engine.floor.act(() => {
        for (const row of rows) {
          const result = write(row);
          if (typeof result === 'string') counts[result] += 1;
          else rejected.push({ row: row.row, ...result });
        }
        counts.rejected += rejected.length;
      });
      engine.floor.wake();
      return { accepted: counts.accepted - before.accepted, duplicate: counts.duplicate - before.duplicate, rejected };
    },
    'import.end': ({ import: id }) => {
      const { kind, counts } = importOf(id);
      imports.delete(id);
      store.commit(() =>
        store.journal.write({ at: clock.now(), subject: 'import', id, event: 'ended', data: { kind, ...counts } }),
      );
      daemon.log.info({ import: id, kind, ...counts }, 'import ended');
      return counts;
    },
  } satisfies Handlers;
}

function withPhone(row: ImportRow, write: (phone: Phone) => RowResult): RowResult {
  const parsed = parsePhone(row.values['phone'] ?? '');
  return parsed.ok ? write(parsed.phone) : { code: parsed.code, reason: parsed.reason };
}

function emptyToNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,;|+]+/).filter((word) => word !== '');
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;
const RUSSIAN_DATE = /^(\d\d)\.(\d\d)\.(\d{4})$/;

/** `2026-05-31`, `2026-05-31T12:00:00Z`, `31.05.2026`; a date without a zone is Moscow's midnight. */
function instant(text: string | undefined): number | null {
  const given = (text ?? '').trim();
  const iso = given.replace(RUSSIAN_DATE, '$3-$2-$1');
  const match = DATE.exec(iso);
  if (match === null) return null;
  const [, year, month, day, hour = '00', minute = '00', second = '00', zone = '+03:00'] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  const real = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return Number.isNaN(at) || real.getUTCDate() !== Number(day) ? null : at;
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone.includes('/');
  } catch {
    return false;
  }
}
