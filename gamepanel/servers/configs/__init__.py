"""Configuration files of games are hostile: a process of its own reads and writes them."""
