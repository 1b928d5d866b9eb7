`server_log` tells when what it answers was read (`times`), and begins at what was read since a time (`since`), also through restarts of the daemon.
