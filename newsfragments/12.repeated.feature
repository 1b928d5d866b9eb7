A request whose header came before over the same connection is not parsed again, short answers and events are sent at once, and an event of a log is encoded once for all who watch it.
