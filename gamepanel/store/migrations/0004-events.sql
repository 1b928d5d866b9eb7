-- Numbers that are never given twice, also when what had them is gone.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, value)
VALUES ('creation', (SELECT count(*) FROM servers)), ('event', 0), ('job', 0);

-- Each creation of a server has a number of its own: a new server with an old id
-- inherits nothing that hangs on that.
ALTER TABLE servers ADD COLUMN creation INTEGER NOT NULL DEFAULT 0;
UPDATE servers
SET creation = (SELECT count(*) FROM servers AS other WHERE other.id <= servers.id);
CREATE UNIQUE INDEX serverCreations ON servers (creation);

-- What happened. "creation" is null for what is not about a server; "crowd" is 1 for what
-- players do, which is kept apart, since there can be much of it.
CREATE TABLE events (
    event INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    server TEXT,
    creation INTEGER,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    crowd INTEGER NOT NULL
) STRICT;
CREATE INDEX eventsByCreation ON events (creation, event);
CREATE INDEX eventsByCrowd ON events (crowd, event);

-- The number of each server's newest event that is stored: a server counts its own, so that
-- one that is handed in again after a crash is not stored again.
CREATE TABLE eventsStored (
    creation INTEGER PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT;

-- What servers and the host used: "creation" is 0 for the host; "interval" is in seconds,
-- "at" its beginning.
CREATE TABLE samples (
    interval INTEGER NOT NULL,
    creation INTEGER NOT NULL,
    at INTEGER NOT NULL,
    cpuPercent REAL,
    memoryBytes INTEGER,
    players INTEGER,
    diskFree INTEGER,
    PRIMARY KEY (interval, creation, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX samplesByTime ON samples (interval, at);

-- Long work. "creation" as in events; "task" says what is to be done, as JSON.
CREATE TABLE jobs (
    job INTEGER PRIMARY KEY,
    server TEXT,
    creation INTEGER,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    step TEXT NOT NULL DEFAULT '',
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER,
    unit TEXT NOT NULL,
    madeBy TEXT NOT NULL,
    createdAt REAL NOT NULL,
    startedAt REAL,
    endedAt REAL,
    error TEXT,
    result TEXT NOT NULL DEFAULT '{}',
    task TEXT NOT NULL
) STRICT;
CREATE INDEX jobsByCreation ON jobs (creation, job);
CREATE INDEX jobsNotOver ON jobs (status) WHERE status IN ('queued', 'running');
