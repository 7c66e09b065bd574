-- Which daemon the database belongs to: raised by each start, read again in every transaction that writes.
CREATE TABLE epoch (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  epoch INTEGER NOT NULL
) STRICT;
INSERT INTO epoch VALUES (1, 0);

-- What was used of trunks, an hour of UTC a row: daily ceilings are counted from here, so no restart resets them.
CREATE TABLE usage (
  hour     INTEGER NOT NULL,             -- epoch ms / 3600000
  trunk    TEXT NOT NULL,
  campaign INTEGER NOT NULL REFERENCES campaigns (id),
  attempts INTEGER NOT NULL DEFAULT 0,
  minutes  INTEGER NOT NULL DEFAULT 0,   -- begun minutes after the answer, of calls that are over
  PRIMARY KEY (hour, trunk, campaign)
) STRICT, WITHOUT ROWID;
INSERT INTO usage
  SELECT planned_at / 3600000, trunk, campaign, count(*),
         coalesce(sum(iif(answered_at IS NULL OR ended_at IS NULL, 0, max(1, (ended_at - answered_at + 59999) / 60000))), 0)
  FROM attempts WHERE planned_at > (unixepoch() - 90000) * 1000 GROUP BY 1, 2, 3;
