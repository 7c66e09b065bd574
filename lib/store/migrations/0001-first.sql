-- Times are UTC epoch milliseconds. A phone is its E.164 digits as an integer, so that no text path leads to a dial string.

CREATE TABLE campaigns (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  state       TEXT NOT NULL DEFAULT 'draft'
              CHECK (state IN ('draft', 'running', 'paused', 'halted', 'draining', 'stopped')),
  reason      TEXT,                       -- why halted or draining; null otherwise
  spec        TEXT NOT NULL CHECK (json_valid(spec)),
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE leads (
  id               INTEGER PRIMARY KEY,
  campaign         INTEGER NOT NULL REFERENCES campaigns (id),
  phone            INTEGER NOT NULL,
  name             TEXT,
  zone             TEXT,                  -- IANA zone written in the base
  region           TEXT,
  priority         INTEGER NOT NULL DEFAULT 0,
  vars             TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(vars)),
  list             TEXT NOT NULL,         -- the file it came from
  list_row         INTEGER NOT NULL,
  state            TEXT NOT NULL DEFAULT 'callable'
                   CHECK (state IN ('callable', 'dialing', 'waiting', 'held', 'blocked', 'done', 'spent', 'opted-out')),
  reason           TEXT,                  -- the gate's primary code when held, blocked or deferred
  next_at          INTEGER,               -- when a waiting lead is due; 0 otherwise would hide a mistake
  attempts         INTEGER NOT NULL DEFAULT 0,   -- attempts charged to the lead
  last_disposition TEXT,
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  UNIQUE (campaign, phone),
  CHECK ((state = 'waiting') = (next_at IS NOT NULL))
) STRICT;
CREATE INDEX leads_callable ON leads (campaign, priority DESC, id) WHERE state = 'callable';
CREATE INDEX leads_waiting ON leads (campaign, next_at) WHERE state = 'waiting';
CREATE INDEX leads_by_phone ON leads (phone);
CREATE INDEX leads_by_state ON leads (campaign, state, reason);

CREATE TABLE verdicts (
  id             INTEGER PRIMARY KEY,
  at             INTEGER NOT NULL,
  campaign       INTEGER NOT NULL REFERENCES campaigns (id),
  lead           INTEGER NOT NULL REFERENCES leads (id),
  phone          INTEGER NOT NULL,
  caller         INTEGER,
  verdict        TEXT NOT NULL CHECK (verdict IN ('ALLOW', 'DENY', 'HOLD', 'DEFER')),
  code           TEXT,                    -- primary code; null for ALLOW
  codes          TEXT NOT NULL CHECK (json_valid(codes)),     -- every failing code
  not_before     INTEGER,
  policy_id      TEXT NOT NULL,
  policy_version TEXT NOT NULL,
  policy_hash    TEXT NOT NULL,
  consent        INTEGER,
  registration   INTEGER,
  label          TEXT,
  zone           TEXT NOT NULL CHECK (json_valid(zone)),      -- zone evidence
  CHECK ((verdict = 'ALLOW') = (code IS NULL))
) STRICT;
CREATE INDEX verdicts_by_phone ON verdicts (phone, at);
CREATE INDEX verdicts_by_lead ON verdicts (lead, id);

CREATE TABLE attempts (
  id            TEXT PRIMARY KEY CHECK (id GLOB 'at-*'),      -- also the PBX channel's id
  campaign      INTEGER NOT NULL REFERENCES campaigns (id),
  lead          INTEGER NOT NULL REFERENCES leads (id),
  verdict       INTEGER NOT NULL UNIQUE REFERENCES verdicts (id),
  phone         INTEGER NOT NULL,
  caller        INTEGER NOT NULL,
  trunk         TEXT NOT NULL,
  ring_limit_ms INTEGER NOT NULL,
  state         TEXT NOT NULL
                CHECK (state IN ('planned', 'in-doubt', 'dialing', 'ringing', 'answered', 'bridging', 'talking',
                                 'abandoning', 'confirming', 'ending', 'ended', 'lost')),
  agent         TEXT,
  planned_at    INTEGER NOT NULL,
  originated_at INTEGER,
  rang_at       INTEGER,
  answered_at   INTEGER,
  bridged_at    INTEGER,
  ended_at      INTEGER,
  opted_out_at  INTEGER,                  -- the callee pressed the opt-out digit in this call
  cancelled_at  INTEGER,                  -- we asked for the hang-up before any answer
  disposition   TEXT CHECK (disposition IN ('talked', 'abandoned', 'opted-out', 'busy', 'no-answer', 'unallocated',
                            'declined', 'unwanted', 'unreachable', 'invalid-number', 'congestion', 'trunk-failure',
                            'cancelled', 'not-placed', 'unknown')),
  cause         INTEGER,                  -- Q.850
  sip_code      INTEGER,
  sip_call_id   TEXT,
  witness       TEXT CHECK (witness IN ('event', 'record', 'survey', 'daemon')),   -- who told us of the end
  CHECK ((disposition IS NULL) = (ended_at IS NULL)),
  CHECK ((state IN ('ended', 'lost')) = (disposition IS NOT NULL))
) STRICT, WITHOUT ROWID;
-- At most one unresolved attempt a number, over all campaigns.
CREATE UNIQUE INDEX attempts_one_unresolved ON attempts (phone) WHERE disposition IS NULL;
CREATE INDEX attempts_by_phone ON attempts (phone, planned_at);
CREATE INDEX attempts_bridged ON attempts (bridged_at) WHERE bridged_at IS NOT NULL;
CREATE INDEX attempts_by_lead ON attempts (lead, planned_at);
CREATE INDEX attempts_by_campaign ON attempts (campaign, planned_at);

CREATE TABLE agents (
  id    TEXT PRIMARY KEY,
  state TEXT NOT NULL
        CHECK (state IN ('offline', 'connecting', 'paused', 'available', 'reserved', 'talking', 'finishing', 'leaving',
                         'wrap-up')),
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The registers are append-only: a correction is a new row, the newest row of a key counts.
CREATE TABLE consents (
  id           INTEGER PRIMARY KEY,
  phone        INTEGER NOT NULL,
  kinds        TEXT NOT NULL CHECK (json_valid(kinds)),
  purposes     TEXT NOT NULL CHECK (json_valid(purposes)),
  entities     TEXT NOT NULL CHECK (json_valid(entities)),
  given_at     INTEGER NOT NULL,
  expires_at   INTEGER,
  withdrawn_at INTEGER,
  verified_by  TEXT,
  evidence     TEXT,
  source       TEXT NOT NULL,
  created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX consents_by_phone ON consents (phone);
CREATE UNIQUE INDEX consents_once ON consents (phone, kinds, purposes, entities, given_at, source);

CREATE TABLE opt_outs (
  phone   INTEGER PRIMARY KEY,            -- "never again", for every campaign and entity
  at      INTEGER NOT NULL,
  source  TEXT NOT NULL,                  -- by which channel: dtmf, agent, cli, import ...
  attempt TEXT,
  note    TEXT
) STRICT;

CREATE TABLE registrations (
  id         INTEGER PRIMARY KEY,
  caller     INTEGER NOT NULL,
  operator   TEXT NOT NULL,               -- called operator, * for all
  entity     TEXT NOT NULL,
  purposes   TEXT NOT NULL CHECK (json_valid(purposes)),
  label      TEXT NOT NULL,
  category   TEXT NOT NULL,
  contract   TEXT,
  valid_from INTEGER NOT NULL,
  valid_to   INTEGER,
  status     TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'revoked')),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX registrations_by_caller ON registrations (caller, id);

-- The subscriber's own refusal, lodged with his operator.
CREATE TABLE refusals (
  id             INTEGER PRIMARY KEY,
  phone          INTEGER NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('suspected', 'confirmed', 'lifted')),
  source         TEXT NOT NULL,
  since          INTEGER NOT NULL,
  allow_entities TEXT NOT NULL CHECK (json_valid(allow_entities)),
  created_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX refusals_by_phone ON refusals (phone, id);

CREATE TABLE schedule_slots (
  schedule    TEXT NOT NULL,
  slot        TEXT NOT NULL,              -- local date and time of the slot
  claimed_at  INTEGER NOT NULL,
  finished_at INTEGER,
  result      TEXT,
  PRIMARY KEY (schedule, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
  id      INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  subject TEXT NOT NULL,                  -- campaign, lead, attempt, agent, optout, import, pbx, daemon
  id_of   TEXT NOT NULL,
  event   TEXT NOT NULL,
  "from"  TEXT,
  "to"    TEXT,
  data    TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(data))
) STRICT;
CREATE INDEX journal_by_subject ON journal (subject, id_of, id);
