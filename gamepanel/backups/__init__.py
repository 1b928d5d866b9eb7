"""Backups of servers: what is in one, which are kept, where they lie."""
