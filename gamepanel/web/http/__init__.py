"""HTTP: transport, limits, admission, answers."""
