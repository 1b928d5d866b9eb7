-- Who has played: "since" is null for whoever is not there.
CREATE TABLE players (
    creation INTEGER NOT NULL,
    name TEXT NOT NULL,
    since REAL,
    lastSeen REAL NOT NULL,
    PRIMARY KEY (creation, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX playersSeen ON players (creation, lastSeen);

-- How far a server's console was searched for players: "run" is where the output of the run
-- begins that "searched" lies in, "inside" is 1 where that is in the middle of a line, "dropped" counts
-- events of which nothing was told yet.
CREATE TABLE playerSearches (
    creation INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    searched INTEGER NOT NULL,
    inside INTEGER NOT NULL,
    dropped INTEGER NOT NULL
) STRICT;
