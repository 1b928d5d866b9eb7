"""Long work, done by processes of its own that outlive the daemon as games do."""
