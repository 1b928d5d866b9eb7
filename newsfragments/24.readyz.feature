`readyz` is 503 with the reason while the daemon can't do its work, as with a full disk or without its database; `healthz` says that it answers.
