-- What people changed by commands: rows of the same chain as the verdicts, their ids of the same count. A body begins
-- with its `audit` key, a verdict's never does: no row can be moved from one table to the other.
CREATE TABLE audit (
  id   INTEGER PRIMARY KEY,
  body TEXT NOT NULL CHECK (json_valid(body) AND body LIKE '{"audit":%'),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  at   INTEGER NOT NULL GENERATED ALWAYS AS (body ->> '$.at') VIRTUAL
) STRICT;
CREATE INDEX audit_by_time ON audit (at, id);
