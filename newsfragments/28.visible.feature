A store of backups where isolated games could read it is refused at the start, and the start says so where games run as the daemon's user without isolation: they could read and erase backups.
