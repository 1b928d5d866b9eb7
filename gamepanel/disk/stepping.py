"""
Reaches a directory of the host step by step from the root, so that no symlink is followed, whoever
owns the directories on the way.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# O_PATH: a directory on the way need not be readable for us, as /home often is.
_STEP: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def parentOf(path: str) -> Iterator[tuple[int, str]]:
    """
    The directory that something is in, open until the end, and its name there.

    @param path: absolute, without C{..}, and not the root.

    @raise OSError: when it can't be reached, or a symlink is on the way.
    """
    *steps, name = filter(None, path.split("/"))
    current = os.open("/", _STEP)
    try:
        for step in steps:
            following = os.open(step, _STEP, dir_fd=current)
            os.close(current)
            current = following
        yield current, name
    finally:
        os.close(current)


Identity = tuple[int, int]
"""Device and inode of a file: which one it is, whatever its path."""


def identityOf(status: os.stat_result) -> Identity:
    """Which file this is."""
    return status.st_dev, status.st_ino
