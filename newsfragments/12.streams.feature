Up to 256 consoles and events can be followed at once, 16 of them with one token; `--max-streams` says another number.
