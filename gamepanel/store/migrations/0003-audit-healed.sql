-- Which release has brought the store to each version, from this one on. Older releases
-- read this table in stores that newer ones have written: it must stay as it is.
CREATE TABLE migrations (
    number INTEGER PRIMARY KEY,
    release TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;

-- Migration 2 was changed after it had landed: its table has "kind", or in its place
-- "stranger", and then maybe no "target". A column that the table lacks is found one
-- query further out, in "missing".
CREATE TABLE auditHealed (
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
INSERT INTO auditHealed (id, at, username, address, action, server, target, result, kind)
SELECT
    entry.id, entry.at, entry.username, entry.address, entry.action, entry.server,
    (SELECT target FROM audit WHERE audit.id = entry.id),
    entry.result,
    coalesce(
        (SELECT kind FROM audit WHERE audit.id = entry.id),
        CASE
            WHEN (SELECT stranger FROM audit WHERE audit.id = entry.id) THEN 'stranger'
            WHEN entry.result = 'ok' THEN 'done'
            ELSE 'refused'
        END
    )
FROM
    (SELECT id, at, username, address, action, server, result FROM audit) AS entry
    CROSS JOIN (SELECT NULL AS target, NULL AS kind, NULL AS stranger) AS missing
ORDER BY entry.id;
DROP TABLE audit;
ALTER TABLE auditHealed RENAME TO audit;
CREATE INDEX auditByKind ON audit (kind, id);
