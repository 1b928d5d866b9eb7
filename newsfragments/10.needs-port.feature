A game that says that it is ready but does not open its port within 5 s is stopped and has failed to start.
