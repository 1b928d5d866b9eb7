-- What the install steps of a server's type have brought. "at" is null until that is whole: the
-- first time it has not worked yet, or an update has failed half way. "variables" is a JSON object.
-- Servers of types without such steps are not here.
CREATE TABLE installs (
    creation INTEGER PRIMARY KEY,
    version TEXT,
    at REAL,
    variables TEXT NOT NULL DEFAULT '{}'
) STRICT;
