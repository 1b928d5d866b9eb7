OpenArena takes commands by RCON, so that each answer is shown once and whole.
