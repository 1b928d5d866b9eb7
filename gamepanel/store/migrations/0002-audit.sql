CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    username TEXT,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    server TEXT,
    target TEXT,
    result TEXT NOT NULL,
    kind TEXT NOT NULL
) STRICT;
CREATE INDEX auditByKind ON audit (kind, id);
