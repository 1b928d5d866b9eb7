A daemon that is stuck is killed and started anew by systemd: the unit has a watchdog (`WatchdogSec=30`).
