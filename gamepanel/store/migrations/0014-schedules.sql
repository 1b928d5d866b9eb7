-- Schedules. "creation" is that of the server; "plan" what it does and when, as JSON; "madeBy" and
-- "account" who has made or changed it last, 0 where nobody logs in; "nextAt" when it is due, "done"
-- the moment up to which it has run, both Unix time in seconds; "pending" the event that it waits
-- behind, and "last" what came of its last run, as JSON.
CREATE TABLE schedules (
    schedule INTEGER PRIMARY KEY,
    creation INTEGER NOT NULL,
    plan TEXT NOT NULL,
    madeBy TEXT NOT NULL,
    account INTEGER NOT NULL,
    nextAt REAL,
    done REAL NOT NULL DEFAULT 0,
    pending TEXT,
    last TEXT
) STRICT;

-- Their runs. "state" is how far one has come, as JSON; null when it is over. "job" is the one that the
-- step has made which was begun last, "seenAt" when a daemon last looked at the run.
CREATE TABLE scheduleRuns (
    run INTEGER PRIMARY KEY,
    schedule INTEGER NOT NULL REFERENCES schedules ON DELETE CASCADE,
    startedAt REAL NOT NULL,
    endedAt REAL,
    result TEXT,
    step INTEGER NOT NULL DEFAULT 0,
    detail TEXT NOT NULL DEFAULT '',
    cause TEXT NOT NULL,
    state TEXT,
    job INTEGER,
    seenAt REAL NOT NULL
) STRICT;
CREATE INDEX runsBySchedule ON scheduleRuns (schedule, run);
INSERT INTO counters (name, value) VALUES ('schedule', 0), ('scheduleRun', 0);
