Administrators are told which type files do not count and why, by `server_create_options` and on the page.
