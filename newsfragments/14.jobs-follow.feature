`gamepanel jobs ID --follow` shows how far the work of a server is, and refusals that have to do with jobs say what to do next.
