"""What a type of game server is, and the shipped catalogue."""
