-- The journal of pacing: each decision that placed calls, with its why. Kept for a while only (see prune).
CREATE TABLE pacing_decisions (
  id        INTEGER PRIMARY KEY,
  campaign  INTEGER NOT NULL REFERENCES campaigns (id),
  at        INTEGER NOT NULL,
  originate INTEGER NOT NULL CHECK (originate > 0),   -- wanted; the gate may have allowed fewer
  bound_by  TEXT NOT NULL,
  sentence  TEXT NOT NULL,
  numbers   TEXT NOT NULL CHECK (json_valid(numbers))
) STRICT;
CREATE INDEX pacing_decisions_by_campaign ON pacing_decisions (campaign, at);
CREATE INDEX pacing_decisions_by_time ON pacing_decisions (at);

-- The decision an attempt was placed by; no foreign key: attempts are kept longer.
ALTER TABLE attempts ADD COLUMN decision INTEGER;

-- All a pacer heard and said, from its making on, deflated: `obzvon replay` plays it again.
CREATE TABLE pacing_log (
  campaign INTEGER NOT NULL REFERENCES campaigns (id),
  session  INTEGER NOT NULL,              -- when its pacer was made
  part     INTEGER NOT NULL,
  at       INTEGER NOT NULL,              -- when the part was written
  body     BLOB NOT NULL,
  PRIMARY KEY (campaign, session, part)
) STRICT;
CREATE INDEX pacing_log_by_time ON pacing_log (at);

-- What a campaign's pacer had learned by hour of the day, so that the same hour tomorrow starts warm.
CREATE TABLE pacing_estimates (
  campaign INTEGER NOT NULL REFERENCES campaigns (id),
  hour     INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),
  at       INTEGER NOT NULL,
  data     TEXT NOT NULL CHECK (json_valid(data)),
  PRIMARY KEY (campaign, hour)
) STRICT, WITHOUT ROWID;

-- Everything a rolling abandonment rate needs, without a look at the rows.
CREATE INDEX attempts_answered ON attempts (campaign, answered_at, bridged_at, disposition)
  WHERE answered_at IS NOT NULL;
