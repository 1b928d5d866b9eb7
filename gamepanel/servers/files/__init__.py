"""What lies where in the state directory, and how files of games are touched."""
