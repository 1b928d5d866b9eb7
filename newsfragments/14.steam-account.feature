`gamepanel steam-login` keeps a login at Steam, with which `--steam-account` lets games be installed that only their owners may download.
