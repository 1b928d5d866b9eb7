Teeworlds has a console: the daemon reaches its econ.
