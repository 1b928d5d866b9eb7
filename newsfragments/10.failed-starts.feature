A type of server can say which line means that a start has failed (`[run] failed`), and whether the game must hold its port once it is ready (`needs_port`).
