An install step of SteamCMD may name a directory of the server's: `steamcmd = 740`, `to = "game"`; `gamepanel import` takes it over.
