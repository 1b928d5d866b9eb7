"""The ways in which a game takes commands."""
