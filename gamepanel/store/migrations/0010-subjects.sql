-- Who an external user is at the issuer of tokens ("sub"), which may give a name to another later.
ALTER TABLE users ADD COLUMN subject TEXT;
