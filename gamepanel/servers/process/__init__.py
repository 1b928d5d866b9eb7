"""The process of a game: how it starts, how it is followed, how it ends."""
