`gamepanel start --wait` tells at once of a start that failed and is tried again, and `gamepanel status` shows the last lines of a game that could not start.
