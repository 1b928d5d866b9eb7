-- User ids of the host that servers have had (--server-users). "creation" is that of the server that
-- has it; null: nobody has it since "freedAt", and what is left of its last server lies in "aside".
CREATE TABLE serverUsers (
    uid INTEGER PRIMARY KEY,
    creation INTEGER UNIQUE,
    freedAt REAL,
    aside TEXT
) STRICT;
