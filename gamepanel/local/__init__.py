"""Commands that work on the state of this host, without a daemon; imported when called."""
