"""Processes that outlive the daemon: started, told apart, contained, counted and killed."""
