The status of a server has `console`: how its game takes commands. For a game that takes none the page and `gamepanel console` say so instead of taking a line.
