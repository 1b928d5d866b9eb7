`gamepanel import` says beforehand where servers of a type run isolated only and this host can't do that, and why (mostly `apt install bubblewrap`). With `--json` these are `isolated` and `missing`.
