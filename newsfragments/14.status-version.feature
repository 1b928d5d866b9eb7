`gamepanel status ID` shows which version is installed and the job that runs, and `gamepanel create` in a script names the terms that have to be accepted.
