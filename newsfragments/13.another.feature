The palette starts, stops and restarts other servers than the one whose page is shown ("Restart another …").
