`--allow-address`, `--mirror`, `--contact` and `--github-token` say where and how downloads are had.
