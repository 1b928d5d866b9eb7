`player_action` does what a type offers to do with a player, such as kicking; the command has `gamepanel players` and `gamepanel player kick ID NAME`, and a column of players in `ls`.
