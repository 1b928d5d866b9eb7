"""Makes, restores and verifies backups, in processes of their own."""
