"""Speed and memory, measured beside others of the kind. See README.md here."""
