-- Ids that a server has had which is gone, and when it went: what was granted by such an id before,
-- as by the scope of a token from elsewhere, is not for another server that has it now.
CREATE TABLE retired (
    server TEXT PRIMARY KEY,
    at REAL NOT NULL
) STRICT, WITHOUT ROWID;
