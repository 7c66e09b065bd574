import type Database from 'better-sqlite3';

/** A lead as it is at the end. */
export interface LeadRow {
  readonly id: number;
  readonly phone: number;
  readonly zone: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly nextAt: number | null;
  readonly attempts: number;
  readonly lastDisposition: string | null;
  readonly pass: number;
}

/** One call. */
export interface AttemptRow {
  readonly id: string;
  readonly campaign: number;
  readonly lead: number;
  readonly phone: number;
  readonly verdict: number;
  readonly callback: number | null;
  readonly plannedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly disposition: string | null;
}

/** One number of a lead. */
export interface NumberRow {
  readonly lead: number;
  readonly place: number;
  readonly phone: number;
  readonly attempts: number;
  readonly closed: string | null;
}

/** A stretch of time; open: it never ended. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What a campaign file says of limits. */
export interface Limits {
  readonly maxAttemptsPerLead: number;
  readonly maxAttemptsPerDay: number;
  readonly maxAttemptsPerWeek?: number;
  readonly maxAttemptsPerNumber?: number;
  readonly minIntervalMin: number;
  readonly hours?: { readonly from: string; readonly to: string };
}

/** All of a month that the laws are about. */
export interface MonthRows {
  readonly db: Database.Database;
  readonly limits: Limits;
  readonly leads: readonly LeadRow[];
  readonly leadById: ReadonlyMap<number, LeadRow>;
  readonly numbers: readonly NumberRow[];
  /** In the order they were planned. */
  readonly attempts: readonly AttemptRow[];
  readonly byLead: ReadonlyMap<number, readonly AttemptRow[]>;
  readonly byPhone: ReadonlyMap<number, readonly AttemptRow[]>;
  /** When the pass that a lead is in began; 0: its first. */
  readonly passBegan: (lead: number) => number;
  /** Callbacks the person agreed to or asked for; the others are owed by our own rules. */
  readonly agreed: ReadonlySet<number>;
  /** When the campaign ran. */
  readonly running: readonly Stretch[];
  /** When the caller number was registered. */
  readonly registered: readonly Stretch[];
  readonly figures: Readonly<Record<string, number>>;
}

/** Reads a month's database; its one campaign. */
export function readMonth(db: Database.Database): MonthRows {
  const limits = JSON.parse(db.prepare<[], string>('SELECT spec FROM campaigns').pluck().get() ?? '{}') as Limits;
  const leads = db
    .prepare<
      [],
      LeadRow
    >(`SELECT id, phone, zone, state, reason, next_at AS nextAt, attempts, last_disposition AS lastDisposition, pass FROM leads`)
    .all();
  const attempts = db
    .prepare<[], AttemptRow>(
      `SELECT id, campaign, lead, phone, verdict, callback, planned_at AS plannedAt, answered_at AS answeredAt,
         ended_at AS endedAt, disposition FROM attempts ORDER BY planned_at, id`,
    )
    .all();
  const count = (sql: string): number => db.prepare<[], number>(sql).pluck().get() ?? 0;
  return {
    db,
    limits,
    leads,
    leadById: new Map(leads.map((lead) => [lead.id, lead])),
    numbers: db
      .prepare<[], NumberRow>('SELECT lead, place, phone, attempts, closed FROM lead_numbers ORDER BY lead, place')
      .all(),
    attempts,
    byLead: Map.groupBy(attempts, ({ lead }) => lead),
    byPhone: Map.groupBy(attempts, ({ phone }) => phone),
    passBegan: passes(db),
    agreed: new Set(db.prepare<[], number>(`SELECT id FROM callbacks WHERE kind <> 'abandoned'`).pluck().all()),
    running: stretches(
      db
        .prepare<
          [],
          { at: number; on: number }
        >(`SELECT at, "to" = 'running' AS "on" FROM journal WHERE subject = 'campaign' AND "to" IS NOT NULL ORDER BY id`)
        .all(),
    ),
    registered: stretches(
      db
        .prepare<
          [],
          { at: number; on: number }
        >(`SELECT created_at AS at, status = 'active' AS "on" FROM registrations ORDER BY id`)
        .all(),
    ),
    figures: {
      verdicts: count('SELECT count(*) FROM verdicts'),
      'journal rows': count('SELECT count(*) FROM journal'),
      'opt-outs': count('SELECT count(*) FROM opt_outs'),
    },
  };
}

function stretches(turns: readonly { readonly at: number; readonly on: number }[]): Stretch[] {
  const found: Stretch[] = [];
  let from: number | null = null;
  for (const { at, on } of turns) {
    if (on === 1) from ??= at;
    else if (from !== null) {
      found.push({ from, to: at });
      from = null;
    }
  }
  return from === null ? found : [...found, { from, to: Infinity }];
}

/** A pass begins where a re-dial put a lead back that had come to its end; before that a lead is in its first. */
function passes(db: Database.Database): (lead: number) => number {
  const began = new Map(
    db
      .prepare<[], { lead: number; at: number }>(
        `SELECT CAST(id_of AS INTEGER) AS lead, max(at) AS at FROM journal
         WHERE subject = 'lead' AND event = 'released' AND "from" IN ('done', 'spent') AND data ->> '$.redial' IS NOT NULL
         GROUP BY id_of`,
      )
      .all()
      .map(({ lead, at }) => [lead, at]),
  );
  return (lead) => began.get(lead) ?? 0;
}
