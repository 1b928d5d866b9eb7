`gamepanel` tells each error on lines that begin with `gamepanel:`, with what can be typed next; with `--json` as one object on stderr.
