The status and the list of servers are encoded once and kept until something of them changes, and `usage` is never more than a second old.
