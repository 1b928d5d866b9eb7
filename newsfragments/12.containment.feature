Where the host has control groups for the daemon, no process of a game escapes `server_force_kill`, whatever it does; `config` lists `containment` then.
