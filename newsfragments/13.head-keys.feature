On a server's page `s` starts or stops it and `r` restarts it, as the palette says beside these. Where players are on, a letter asks before it ends their game.
