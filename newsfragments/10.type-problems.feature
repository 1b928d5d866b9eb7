Administrators are told which type files do not count and why, by `server_create_options`, on the page and by `gamepanel types`.
