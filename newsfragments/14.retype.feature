`server_retype` (`gamepanel retype`) lets a server be of another type in the same directory; its worlds, and options that both types have, stay.
