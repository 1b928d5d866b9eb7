In German the page also tells limits, isolation, reasons and errors of the daemon, and common options of games.
