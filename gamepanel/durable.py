"""
What must be on the disk before it is acknowledged.
"""

import os


def sync(path: str) -> None:
    """
    Let the disk have a file, or the names that are in a directory.

    @raise OSError: when it can't.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def makeDirectories(path: str, mode: int) -> None:
    """
    Make a directory that may be there already, and those above it that are missing,
    and let the disk have their names.

    @param path: absolute.
    @param mode: of the directory itself, and of the others that are made.

    @raise OSError: when it can't be made.
    """
    parent = os.path.dirname(path)
    if os.path.isdir(path):
        return
    if parent != path:
        makeDirectories(parent, mode)
    os.mkdir(path, mode)
    sync(parent)
