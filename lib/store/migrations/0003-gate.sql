-- The gate's ledger and its registers. A number of an erased person is replaced everywhere by his pseudonym: a negative
-- integer cut from a keyed hash, so that rows keep their place and say nothing. `subject`, `chained` and
-- `head_mac` are the program's own functions: the keyed hash of a phone, the next hash of the chain, its signature.

-- Whose key made the keyed hashes of this database; the key itself is never in it.
CREATE TABLE installation (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  key_check  BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Each verdict is a row of the ledger: `body` is what is hashed, the columns are read from it.
CREATE TABLE verdicts_chained (
  id       INTEGER PRIMARY KEY,
  phone    INTEGER NOT NULL,              -- outside the hash: the body has the keyed hash of it
  body     TEXT NOT NULL CHECK (json_valid(body)),
  hash     BLOB NOT NULL CHECK (length(hash) = 32),      -- SHA-256 of the hash before and the body
  at       INTEGER NOT NULL GENERATED ALWAYS AS (body ->> '$.at') VIRTUAL,
  campaign INTEGER NOT NULL GENERATED ALWAYS AS (body ->> '$.campaign') VIRTUAL,
  lead     INTEGER NOT NULL GENERATED ALWAYS AS (body ->> '$.lead') VIRTUAL,
  verdict  TEXT NOT NULL GENERATED ALWAYS AS (body ->> '$.verdict') VIRTUAL,
  code     TEXT GENERATED ALWAYS AS (body ->> '$.code') VIRTUAL     -- primary code; null for ALLOW
) STRICT;
INSERT INTO verdicts_chained (id, phone, body, hash)
  SELECT id, phone, body, chained(id, body) FROM (
    SELECT id, phone, json_object('at', at, 'campaign', campaign, 'lead', lead,
      'subject', subject(phone), 'caller', caller, 'verdict', verdict, 'code', code, 'codes', json(codes), 'notBefore', not_before,
      'policy', json_object('id', policy_id, 'version', policy_version, 'hash', policy_hash),
      'consents', CASE WHEN consent IS NULL THEN json('[]') ELSE json_array(consent) END,
      'registration', registration, 'label', label, 'zone', json(zone)) AS body
    FROM verdicts ORDER BY id);

-- The chain's end, signed with the installation's key: rows cut off at the end are missed here.
CREATE TABLE ledger_head (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  id   INTEGER NOT NULL,
  hash BLOB NOT NULL,
  mac  BLOB NOT NULL
) STRICT;

INSERT INTO ledger_head (one, id, hash, mac)
  SELECT 1, id, hash, head_mac(id, hash) FROM verdicts_chained ORDER BY id DESC LIMIT 1;

-- Policies as they were when a verdict first rested on them.
CREATE TABLE policies (
  hash    TEXT PRIMARY KEY,
  id      TEXT NOT NULL,
  version TEXT NOT NULL,
  body    TEXT NOT NULL CHECK (json_valid(body)),
  used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts_gated (
  id            TEXT PRIMARY KEY CHECK (id GLOB 'at-*'),
  campaign      INTEGER NOT NULL REFERENCES campaigns (id),
  lead          INTEGER NOT NULL REFERENCES leads (id),
  verdict       INTEGER NOT NULL UNIQUE REFERENCES verdicts_chained (id),
  phone         INTEGER NOT NULL,
  person        TEXT,                     -- the base's own key of the person: a debtor has several numbers
  caller        INTEGER NOT NULL,
  operator      TEXT,                     -- the called operator by the range register then in force
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
  opted_out_at  INTEGER,
  cancelled_at  INTEGER,
  disposition   TEXT CHECK (disposition IN ('talked', 'abandoned', 'opted-out', 'busy', 'no-answer', 'unallocated',
                            'declined', 'unwanted', 'unreachable', 'invalid-number', 'congestion', 'trunk-failure',
                            'cancelled', 'not-placed', 'unknown')),
  cause         INTEGER,
  sip_code      INTEGER,
  sip_call_id   TEXT,
  witness       TEXT CHECK (witness IN ('event', 'record', 'survey', 'daemon')),
  decision      INTEGER,
  CHECK ((disposition IS NULL) = (ended_at IS NULL)),
  CHECK ((state IN ('ended', 'lost')) = (disposition IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO attempts_gated (id, campaign, lead, verdict, phone, caller, trunk, ring_limit_ms, state, agent, planned_at,
    originated_at, rang_at, answered_at, bridged_at, ended_at, opted_out_at, cancelled_at, disposition, cause, sip_code,
    sip_call_id, witness, decision)
  SELECT id, campaign, lead, verdict, phone, caller, trunk, ring_limit_ms, state, agent, planned_at,
    originated_at, rang_at, answered_at, bridged_at, ended_at, opted_out_at, cancelled_at, disposition, cause, sip_code,
    sip_call_id, witness, decision FROM attempts;
DROP TABLE attempts;
DROP TABLE verdicts;
ALTER TABLE verdicts_chained RENAME TO verdicts;
ALTER TABLE attempts_gated RENAME TO attempts;
CREATE INDEX verdicts_by_phone ON verdicts (phone, id);
CREATE UNIQUE INDEX attempts_one_unresolved ON attempts (phone) WHERE disposition IS NULL;
CREATE INDEX attempts_by_phone ON attempts (phone, planned_at);
CREATE INDEX attempts_by_person ON attempts (person, planned_at) WHERE person IS NOT NULL;
CREATE INDEX attempts_bridged ON attempts (bridged_at) WHERE bridged_at IS NOT NULL;
CREATE INDEX attempts_by_campaign ON attempts (campaign, planned_at);
CREATE INDEX attempts_answered ON attempts (campaign, answered_at, bridged_at, disposition)
  WHERE answered_at IS NOT NULL;

ALTER TABLE leads ADD COLUMN person TEXT;

-- Consent: each row a document or what became of one; a row that `replaces` another corrects or withdraws it.
ALTER TABLE consents ADD COLUMN channels TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(channels));  -- empty: every one
ALTER TABLE consents ADD COLUMN given_by TEXT;             -- web, paper, call, sms-code, contract, state-register
ALTER TABLE consents ADD COLUMN document_kind TEXT CHECK (document_kind IN ('separate', 'clause'));
ALTER TABLE consents ADD COLUMN text_version TEXT;
ALTER TABLE consents ADD COLUMN text_sha256 TEXT;
ALTER TABLE consents ADD COLUMN evidence_sha256 TEXT;
ALTER TABLE consents ADD COLUMN replaces INTEGER REFERENCES consents (id);
ALTER TABLE consents ADD COLUMN note TEXT;
DROP INDEX consents_once;                  -- a correction repeats the key of what it replaces

-- The number passed to another person: consents given before are void.
CREATE TABLE reassignments (
  id         INTEGER PRIMARY KEY,
  phone      INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('passed', 'mistaken')),   -- the newest row of a (phone, at) counts
  source     TEXT NOT NULL,
  note       TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX reassignments_by_phone ON reassignments (phone, at);

-- An opt-out is an act (what was said, by which channel) and the numbers it covers: an import is one act a batch.
CREATE TABLE opt_out_acts (
  id       INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,              -- of the commit
  kind     TEXT NOT NULL CHECK (kind IN ('opt-out', 'lift')),
  scope    TEXT NOT NULL CHECK (scope IN ('global', 'entity', 'purpose')),
  entity   TEXT,
  purpose  TEXT,
  source   TEXT NOT NULL,
  attempt  TEXT,
  evidence TEXT,
  note     TEXT,
  CHECK (kind = 'opt-out' OR evidence IS NOT NULL),
  CHECK (scope <> 'entity' OR entity IS NOT NULL),
  CHECK (scope <> 'purpose' OR purpose IS NOT NULL)
) STRICT;
CREATE TABLE opt_outs_by_act (
  phone INTEGER NOT NULL,
  act   INTEGER NOT NULL REFERENCES opt_out_acts (id),
  PRIMARY KEY (phone, act)
) STRICT, WITHOUT ROWID;
INSERT INTO opt_out_acts (id, at, kind, scope, source, attempt, note)
  SELECT row_number() OVER (ORDER BY at, phone), at, 'opt-out', 'global', source, attempt, note FROM opt_outs;
INSERT INTO opt_outs_by_act SELECT phone, row_number() OVER (ORDER BY at, phone) FROM opt_outs;
DROP TABLE opt_outs;
ALTER TABLE opt_outs_by_act RENAME TO opt_outs;

ALTER TABLE registrations ADD COLUMN verified_at INTEGER;  -- when its state was last checked with the operator
ALTER TABLE registrations ADD COLUMN evidence_sha256 TEXT;
ALTER TABLE registrations ADD COLUMN source TEXT NOT NULL DEFAULT 'cli';
ALTER TABLE registrations ADD COLUMN note TEXT;
ALTER TABLE refusals ADD COLUMN evidence TEXT;             -- attempts, complaint, feed
ALTER TABLE refusals ADD COLUMN note TEXT;

-- External do-not-call lists: a list is loaded beside the one in force and takes its place in one step.
CREATE TABLE dnc_lists (
  id          INTEGER PRIMARY KEY,
  registry    TEXT NOT NULL,
  taken_at    INTEGER NOT NULL,           -- as of when its keeper issued it
  imported_at INTEGER NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('loading', 'active', 'replaced')),
  numbers     INTEGER NOT NULL DEFAULT 0,
  sha256      TEXT,
  cleared_at  INTEGER                     -- when the numbers of a replaced list were deleted
) STRICT;
CREATE UNIQUE INDEX dnc_lists_active ON dnc_lists (registry) WHERE state = 'active';
CREATE TABLE dnc_numbers (
  phone INTEGER NOT NULL,
  list  INTEGER NOT NULL REFERENCES dnc_lists (id),
  PRIMARY KEY (phone, list)
) STRICT, WITHOUT ROWID;

-- 230-ФЗ: what bars contact with a debtor; the newest row of a (phone, entity, flag) counts.
CREATE TABLE debtor_flags (
  id         INTEGER PRIMARY KEY,
  phone      INTEGER NOT NULL,
  entity     TEXT NOT NULL,               -- the creditor, * for all
  flag       TEXT NOT NULL CHECK (flag IN ('refused-contact', 'representative-only', 'bankrupt', 'incapacitated',
                                           'hospital', 'disabled-1', 'minor', 'third-party')),
  state      TEXT NOT NULL CHECK (state IN ('set', 'cleared')),
  since      INTEGER NOT NULL,
  evidence   TEXT,
  source     TEXT NOT NULL,
  note       TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX debtor_flags_by_phone ON debtor_flags (phone, id);

-- Demands under 152-ФЗ; the newest row of a (phone, kind) counts.
CREATE TABLE demands (
  id          INTEGER PRIMARY KEY,
  phone       INTEGER NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('stop', 'erase', 'access', 'correct')),
  received_at INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('open', 'done', 'withdrawn')),
  evidence    TEXT,
  source      TEXT NOT NULL,
  note        TEXT,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX demands_by_phone ON demands (phone, id);

-- Erased persons: what keeps a new import of the number closed.
CREATE TABLE erasures (
  pseudonym INTEGER PRIMARY KEY CHECK (pseudonym < 0),
  subject   TEXT NOT NULL,                -- the whole keyed hash
  at        INTEGER NOT NULL,
  act       TEXT NOT NULL CHECK (json_valid(act))
) STRICT;

-- The register of numbering ranges, loaded beside the one in force like a do-not-call list.
CREATE TABLE range_registers (
  id          INTEGER PRIMARY KEY,
  state       TEXT NOT NULL CHECK (state IN ('loading', 'active', 'replaced')),
  imported_at INTEGER NOT NULL,
  files       TEXT NOT NULL CHECK (json_valid(files)),
  ranges      INTEGER NOT NULL DEFAULT 0,
  codes       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX range_registers_active ON range_registers (state) WHERE state = 'active';
CREATE TABLE range_operators (id INTEGER PRIMARY KEY, name TEXT NOT NULL, inn TEXT NOT NULL, UNIQUE (name, inn)) STRICT;
CREATE TABLE range_places (
  id      INTEGER PRIMARY KEY,
  text    TEXT NOT NULL UNIQUE,           -- as the register says it
  regions TEXT NOT NULL CHECK (json_valid(regions))       -- names of the zone table; empty: the whole country
) STRICT;
CREATE TABLE ranges (
  register INTEGER NOT NULL REFERENCES range_registers (id),
  first    INTEGER NOT NULL,
  last     INTEGER NOT NULL,
  operator INTEGER NOT NULL REFERENCES range_operators (id),
  place    INTEGER NOT NULL REFERENCES range_places (id),
  PRIMARY KEY (register, first)
) STRICT, WITHOUT ROWID;

-- A caller number that one operator blocks too often rests there until a person resumes it; operator '?' is unknown.
CREATE TABLE line_blocks (
  id       INTEGER PRIMARY KEY,
  caller   INTEGER NOT NULL,
  operator TEXT NOT NULL,
  state    TEXT NOT NULL CHECK (state IN ('suspended', 'resumed')),
  at       INTEGER NOT NULL,
  blocked  INTEGER NOT NULL,              -- of the last `calls`
  calls    INTEGER NOT NULL,
  note     TEXT
) STRICT;
CREATE INDEX line_blocks_by_line ON line_blocks (caller, operator, id);

-- Imports, so that one cut short goes on where its last batch was committed.
CREATE TABLE imports (
  id            TEXT PRIMARY KEY,
  kind          TEXT NOT NULL,
  list          TEXT NOT NULL,
  target        TEXT NOT NULL,            -- campaign, registry or nothing
  sha256        TEXT NOT NULL,            -- of the file, of how its columns were read and of where they went
  done          INTEGER NOT NULL DEFAULT 0,   -- rows (or sorted numbers) committed
  accepted      INTEGER NOT NULL DEFAULT 0,
  duplicate     INTEGER NOT NULL DEFAULT 0,
  rejected      INTEGER NOT NULL DEFAULT 0,
  rejects_bytes INTEGER NOT NULL DEFAULT 0,   -- of the rejects file, as far as it is known to be written
  unwritten     TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(unwritten)),  -- rejects told after that
  begun_at      INTEGER NOT NULL,
  ended_at      INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX imports_unfinished ON imports (kind, sha256) WHERE ended_at IS NULL;

-- Files with numbers that obzvon wrote (exports, rejects): an erasure cleans them too.
CREATE TABLE written_files (
  path TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
