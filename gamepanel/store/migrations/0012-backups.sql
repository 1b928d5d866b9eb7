-- Backups that are known. "store" is the random name of the store that one lies in, "name" its own
-- there, "creation" that of its server, which may be gone; null where it was adopted. "info" is a
-- JSON object: what people are told of it.
CREATE TABLE backups (
    backup INTEGER PRIMARY KEY,
    store TEXT NOT NULL,
    name TEXT NOT NULL,
    creation INTEGER,
    info TEXT NOT NULL,
    UNIQUE (store, name)
) STRICT;
INSERT INTO counters (name, value) VALUES ('backup', 0);
