`server_versions` and `gamepanel versions` say which version of a server's game is installed and which is newest, without a download; an event `update_available` tells of new ones.
