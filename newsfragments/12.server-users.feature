With `--server-users FIRST-LAST` each server gets a user id of its own, for its files and processes.
