The page shows what servers with a limit take of the disk (`disk` of `host_status`), and says in words what this host can do for games.
