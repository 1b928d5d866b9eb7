-- Each account has a number of its own: a new one with an old name inherits nothing that hangs on
-- that.
ALTER TABLE users ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
UPDATE users SET number = (SELECT count(*) FROM users AS other WHERE other.name <= users.name);
CREATE UNIQUE INDEX accountNumbers ON users (number);
INSERT INTO counters (name, value) SELECT 'account', count(*) FROM users;
