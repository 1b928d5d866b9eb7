A game no longer waits while no daemon runs, however much it prints: a small process, the standby reader, sleeps beside the daemon and takes all output into the logs when the daemon is gone.
