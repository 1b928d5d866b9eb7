Backups: made while games run, verified, and restored without a half state, all of one or single files.
