`gamepanel start`, `stop`, `restart` and `status` take several ids or `--all`, and print a list with `--json`; to start what runs and to stop what rests ends with 0 and is said.
