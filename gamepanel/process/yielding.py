"""
Programs that leave processors and disks to games.
"""

from typing import Final

yielding: Final = ("/usr/bin/nice", "-n", "19", "/usr/bin/ionice", "-c", "2", "-n", "7")
"""
Goes before a command that leaves processors and disks to games, and gets on all the same: with
the class "idle" it would wait for ever for a disk that never rests, and so would a start for it.
"""
