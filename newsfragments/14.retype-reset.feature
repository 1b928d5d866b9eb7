`server_retype` tells which options have gone back to their defaults (`reset`), and so does `gamepanel retype`.
