CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    username TEXT,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    server TEXT,
    result TEXT NOT NULL,
    stranger INTEGER NOT NULL
) STRICT;
CREATE INDEX auditByStranger ON audit (stranger, id);
