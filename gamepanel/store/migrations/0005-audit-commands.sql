-- Console commands are kept apart from all else that was done, each user's apart from others'.
UPDATE audit SET kind = 'command' WHERE kind = 'done' AND action = 'server_cmd';
CREATE INDEX auditByUser ON audit (kind, username, id);
