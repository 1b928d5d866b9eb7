"""
What is mounted where: see C{proc_pid_mountinfo(5)}.
"""

import os
import re


def mountsBelow(directory: str) -> list[str]:
    """
    All places below a directory where something is mounted.

    @param directory: an absolute path, with no link in it.

    @raise OSError: when that can't be known.
    """
    begin = directory.rstrip("/") + "/"
    with open("/proc/self/mountinfo", "rb") as mounts:
        places = [_named(line.split()[4]) for line in mounts]
    return [place for place in places if place.startswith(begin)]


def _named(place: bytes) -> str:
    # Blanks, line ends and backslashes in names are written as three octal digits.
    name = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), place)
    return os.fsdecode(name)
