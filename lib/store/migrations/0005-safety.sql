-- Which daemon the database belongs to: raised by each start, read again in every transaction that writes.
CREATE TABLE epoch (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  epoch INTEGER NOT NULL
) STRICT;
INSERT INTO epoch VALUES (1, 0);
