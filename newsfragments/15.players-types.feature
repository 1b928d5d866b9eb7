A type can say which console lines tell that players come, go and chat, and what can be done with a player (`[players]`).
