-- The base worked for weeks: several numbers a lead, segments, callbacks, agents' results, schedules and re-dials.

-- `phone` is the number of the lead to be called next, `place` its place among the lead's numbers.
CREATE TABLE leads_of_numbers (
  id               INTEGER PRIMARY KEY,
  campaign         INTEGER NOT NULL REFERENCES campaigns (id),
  phone            INTEGER NOT NULL,
  place            INTEGER NOT NULL DEFAULT 1 CHECK (place >= 1),
  person           TEXT,
  name             TEXT,
  zone             TEXT,                  -- IANA zone written in the base
  region           TEXT,
  priority         INTEGER NOT NULL DEFAULT 0,
  vars             TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(vars)),
  list             TEXT NOT NULL,         -- the file it came from
  list_row         INTEGER NOT NULL,
  segment          INTEGER NOT NULL DEFAULT 0,   -- 0: of none; -1: not of the campaign's `where`
  state            TEXT NOT NULL DEFAULT 'callable'
                   CHECK (state IN ('callable', 'dialing', 'waiting', 'promised', 'held', 'blocked', 'done', 'spent',
                                    'opted-out')),
  reason           TEXT,                  -- the gate's primary code when held, blocked or deferred
  next_at          INTEGER,               -- when a waiting lead is due; 0 otherwise would hide a mistake
  attempts         INTEGER NOT NULL DEFAULT 0,   -- attempts charged to the lead in this pass over the base
  last_disposition TEXT,
  result           TEXT,                  -- the last result an agent gave, by its code
  tried            INTEGER NOT NULL DEFAULT 0,   -- parts of the week it was called in, a bit each
  fired            TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(fired)),   -- how often each retry rule applied in this pass
  pass             INTEGER NOT NULL DEFAULT 0,   -- the re-dial that put it back last; 0: none yet
  passes           INTEGER NOT NULL DEFAULT 0,   -- how many re-dials did
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  UNIQUE (campaign, phone),
  CHECK ((state = 'waiting') = (next_at IS NOT NULL))
) STRICT;
INSERT INTO leads_of_numbers (id, campaign, phone, person, name, zone, region, priority, vars, list, list_row, state, reason,
    next_at, attempts, last_disposition, created_at, updated_at)
  SELECT id, campaign, phone, person, name, zone, region, priority, vars, list, list_row, state, reason,
    next_at, attempts, last_disposition, created_at, updated_at FROM leads;

CREATE TABLE attempts_of_base (
  id            TEXT PRIMARY KEY CHECK (id GLOB 'at-*'),
  campaign      INTEGER NOT NULL REFERENCES campaigns (id),
  lead          INTEGER NOT NULL REFERENCES leads_of_numbers (id),
  verdict       INTEGER NOT NULL REFERENCES verdicts (id),
  phone         INTEGER NOT NULL,
  person        TEXT,
  caller        INTEGER NOT NULL,
  operator      TEXT,
  trunk         TEXT NOT NULL,
  ring_limit_ms INTEGER NOT NULL,
  state         TEXT NOT NULL
                CHECK (state IN ('planned', 'in-doubt', 'dialing', 'ringing', 'answered', 'bridging', 'talking',
                                 'abandoning', 'confirming', 'ending', 'ended', 'lost')),
  agent         TEXT,
  callback      INTEGER,                  -- the callback it keeps; an agent was reserved for it before it was placed
  planned_at    INTEGER NOT NULL,
  originated_at INTEGER,
  rang_at       INTEGER,
  answered_at   INTEGER,
  bridged_at    INTEGER,
  ended_at      INTEGER,
  opted_out_at  INTEGER,
  cancelled_at  INTEGER,
  mark          TEXT CHECK (mark IN ('machine')),   -- what the agent heard before the end
  disposition   TEXT CHECK (disposition IN ('talked', 'abandoned', 'opted-out', 'machine', 'busy', 'no-answer',
                            'unallocated', 'declined', 'unwanted', 'blocked', 'unreachable', 'invalid-number', 'congestion',
                            'trunk-failure', 'cancelled', 'not-placed', 'unknown')),
  cause         INTEGER,
  sip_code      INTEGER,
  sip_call_id   TEXT,
  witness       TEXT CHECK (witness IN ('event', 'record', 'survey', 'daemon')),
  decision      INTEGER,
  CHECK ((disposition IS NULL) = (ended_at IS NULL)),
  CHECK ((state IN ('ended', 'lost')) = (disposition IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO attempts_of_base (id, campaign, lead, verdict, phone, person, caller, operator, trunk, ring_limit_ms, state,
    agent, planned_at, originated_at, rang_at, answered_at, bridged_at, ended_at, opted_out_at, cancelled_at, disposition,
    cause, sip_code, sip_call_id, witness, decision)
  SELECT id, campaign, lead, verdict, phone, person, caller, operator, trunk, ring_limit_ms, state,
    agent, planned_at, originated_at, rang_at, answered_at, bridged_at, ended_at, opted_out_at, cancelled_at, disposition,
    cause, sip_code, sip_call_id, witness, decision FROM attempts;
DROP TABLE attempts;
DROP TABLE leads;
ALTER TABLE leads_of_numbers RENAME TO leads;
ALTER TABLE attempts_of_base RENAME TO attempts;
CREATE INDEX leads_callable ON leads (campaign, segment, priority DESC, id) WHERE state = 'callable';
CREATE INDEX leads_waiting ON leads (campaign, segment, next_at) WHERE state = 'waiting';
CREATE INDEX leads_by_phone ON leads (phone);
CREATE INDEX leads_by_state ON leads (campaign, state, reason);
CREATE UNIQUE INDEX attempts_one_unresolved ON attempts (phone) WHERE disposition IS NULL;
-- All that the history of a number is made of: a million numbers are read from it alone.
CREATE INDEX attempts_by_phone ON attempts (phone, planned_at, answered_at, disposition);
CREATE INDEX attempts_by_person ON attempts (person, planned_at) WHERE person IS NOT NULL;
CREATE INDEX attempts_bridged ON attempts (bridged_at) WHERE bridged_at IS NOT NULL;
CREATE INDEX attempts_by_campaign ON attempts (campaign, planned_at);
CREATE INDEX attempts_answered ON attempts (campaign, answered_at, bridged_at, disposition)
  WHERE answered_at IS NOT NULL;

-- All numbers of all leads, in the order they are called.
CREATE TABLE lead_numbers (
  lead     INTEGER NOT NULL REFERENCES leads (id),
  place    INTEGER NOT NULL CHECK (place >= 1),
  campaign INTEGER NOT NULL REFERENCES campaigns (id),
  phone    INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,    -- charged to this number in this pass
  closed   TEXT,                          -- why the lead is not called on it: a disposition, a result or a code of the gate
  PRIMARY KEY (lead, place)
) STRICT, WITHOUT ROWID;
INSERT INTO lead_numbers (lead, place, campaign, phone, attempts) SELECT id, 1, campaign, phone, attempts FROM leads;
CREATE UNIQUE INDEX lead_numbers_by_phone ON lead_numbers (phone, campaign);
CREATE INDEX lead_numbers_closed ON lead_numbers (campaign, closed) WHERE closed IS NOT NULL;

-- Parts of a campaign's base, as its file defines them.
CREATE TABLE segments (
  campaign  INTEGER NOT NULL REFERENCES campaigns (id),
  id        INTEGER NOT NULL CHECK (id > 0),
  name      TEXT NOT NULL,
  paused_at INTEGER,                      -- null: its leads are called
  PRIMARY KEY (campaign, id),
  UNIQUE (campaign, name)
) STRICT, WITHOUT ROWID;
-- After a change of the segments leads are put into them slice by slice: up to this number they are; null: all are.
ALTER TABLE campaigns ADD COLUMN filed_to INTEGER;
-- What an import of leads came to besides the counts of its rows.
ALTER TABLE imports ADD COLUMN brought TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(brought));

-- Answers by the callee's own hour of the week.
CREATE TABLE answer_hours (
  campaign INTEGER NOT NULL REFERENCES campaigns (id),
  weekday  INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),     -- 0: Monday
  hour     INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),
  attempts INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  PRIMARY KEY (campaign, weekday, hour)
) STRICT, WITHOUT ROWID;

-- What an agent said of a talk; the newest row of an attempt counts.
CREATE TABLE call_results (
  id       INTEGER PRIMARY KEY,
  attempt  TEXT NOT NULL,                 -- or the inbound call
  campaign INTEGER NOT NULL REFERENCES campaigns (id),
  lead     INTEGER NOT NULL REFERENCES leads (id),
  agent    TEXT,
  code     TEXT NOT NULL,
  stage    TEXT NOT NULL,
  target   INTEGER NOT NULL CHECK (target IN (0, 1)),
  note     TEXT,
  source   TEXT NOT NULL,                 -- digits, cli, socket
  at       INTEGER NOT NULL
) STRICT;
CREATE INDEX call_results_by_attempt ON call_results (attempt, id);
CREATE INDEX call_results_by_campaign ON call_results (campaign, at);
CREATE INDEX call_results_by_lead ON call_results (lead, id);

-- Calls agreed with the person, asked for by him, or owed to him.
CREATE TABLE callbacks (
  id         INTEGER PRIMARY KEY,
  campaign   INTEGER NOT NULL REFERENCES campaigns (id),
  lead       INTEGER NOT NULL REFERENCES leads (id),
  place      INTEGER NOT NULL DEFAULT 1,  -- on which of the lead's numbers
  named      INTEGER NOT NULL DEFAULT 0 CHECK (named IN (0, 1)),  -- 1: he asked for this very number
  kind       TEXT NOT NULL CHECK (kind IN ('promised', 'requested', 'missed', 'abandoned')),
  state      TEXT NOT NULL CHECK (state IN ('waiting', 'dialing', 'done', 'lapsed', 'cancelled')),
  agent      TEXT,                        -- null: whoever is free first
  due_at     INTEGER NOT NULL,
  until      INTEGER NOT NULL,            -- past it the fallback applies
  fallback   TEXT NOT NULL CHECK (fallback IN ('anyone', 'retry', 'drop')),
  tries      INTEGER NOT NULL DEFAULT 0,
  source     TEXT NOT NULL,
  note       TEXT,
  created_at INTEGER NOT NULL,
  ended_at   INTEGER,
  CHECK ((state IN ('waiting', 'dialing')) = (ended_at IS NULL))
) STRICT;
CREATE INDEX callbacks_due ON callbacks (campaign, state, due_at);
CREATE INDEX callbacks_by_lead ON callbacks (lead);
CREATE UNIQUE INDEX callbacks_open ON callbacks (lead) WHERE state IN ('waiting', 'dialing');

-- People who called a number of ours: no attempts, so neither caps nor rates count them.
CREATE TABLE inbound_calls (
  id           TEXT PRIMARY KEY CHECK (id GLOB 'in-*'),
  channel      TEXT NOT NULL,             -- the PBX's own id of it
  campaign     INTEGER NOT NULL REFERENCES campaigns (id),
  lead         INTEGER REFERENCES leads (id),     -- null, as the phone: he hides his number
  phone        INTEGER,
  line         INTEGER NOT NULL,          -- the number he called
  state        TEXT NOT NULL CHECK (state IN ('arrived', 'bridging', 'talking', 'leaving', 'ended')),
  agent        TEXT,
  arrived_at   INTEGER NOT NULL,
  bridged_at   INTEGER,                   -- null: nobody talked to him
  opted_out_at INTEGER,
  ended_at     INTEGER,
  CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
  CHECK ((lead IS NULL) = (phone IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX inbound_calls_live ON inbound_calls (id) WHERE ended_at IS NULL;
CREATE INDEX inbound_calls_by_phone ON inbound_calls (phone, id);

-- What is to be done by the clock.
CREATE TABLE schedules (
  name       TEXT PRIMARY KEY,
  cron       TEXT NOT NULL,
  zone       TEXT NOT NULL,
  action     TEXT NOT NULL CHECK (json_valid(action)),
  late       TEXT NOT NULL CHECK (late IN ('run', 'skip')),
  late_min   INTEGER NOT NULL,            -- how long after its slot a late run may still begin
  handled_to TEXT NOT NULL,               -- local date and time up to which its slots are claimed or journalled
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
DROP TABLE schedule_slots;                 -- of no version that had schedules
CREATE TABLE schedule_slots (
  schedule    TEXT NOT NULL,
  slot        TEXT NOT NULL,              -- local date and time of the slot
  due_at      INTEGER NOT NULL,
  claimed_at  INTEGER NOT NULL,
  finished_at INTEGER,
  outcome     TEXT CHECK (outcome IN ('done', 'failed', 'missed')),
  result      TEXT,
  why         TEXT,                       -- what was odd about it: late, missed, shown twice, begun again
  PRIMARY KEY (schedule, slot),
  CHECK ((outcome IS NULL) = (finished_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX schedule_slots_open ON schedule_slots (schedule, slot) WHERE outcome IS NULL;

-- Passes over a base: one a campaign and date.
CREATE TABLE redials (
  id       INTEGER PRIMARY KEY,
  campaign INTEGER NOT NULL REFERENCES campaigns (id),
  for_date TEXT NOT NULL,                 -- local date in the schedule's zone
  at       INTEGER NOT NULL,
  state    TEXT NOT NULL CHECK (state IN ('preparing', 'begun', 'dropped')),
  spec     TEXT NOT NULL CHECK (json_valid(spec)),        -- by which rules leads were chosen
  plan     TEXT NOT NULL CHECK (json_valid(plan)),        -- what was foreseen
  UNIQUE (campaign, for_date)
) STRICT;
-- What the plan said of each lead: null: it will be called; a code: not, and why. Kept for the last re-dials only.
CREATE TABLE redial_leads (
  redial INTEGER NOT NULL REFERENCES redials (id),
  lead   INTEGER NOT NULL REFERENCES leads (id),
  code   TEXT,
  PRIMARY KEY (redial, lead)
) STRICT, WITHOUT ROWID;

-- What an agent whose phone is being called asked for, and until when the phone of one the PBX dropped is called again.
ALTER TABLE agents ADD COLUMN on_up TEXT NOT NULL DEFAULT 'paused' CHECK (on_up IN ('paused', 'available'));
ALTER TABLE agents ADD COLUMN call_again_until INTEGER NOT NULL DEFAULT 0;
