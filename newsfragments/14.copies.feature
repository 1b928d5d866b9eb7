`server_create` takes `from`: a new server begins as a copy of another one, or of a directory of the host below one that `--adopt-from` names (`gamepanel create --copy-of`, `--from`).
