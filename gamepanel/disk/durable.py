"""
What must be on the disk before it is acknowledged.
"""

import ctypes
import errno
import os


def sync(path: str) -> None:
    """
    Let the disk have a file, or the names that are in a directory.

    @raise OSError: when it can't.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems have no such thing for directories.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def syncAll(path: str) -> None:
    """
    Let the disk have all of a file system.

    @param path: of a directory on it.

    @raise OSError: when that can't be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        ctypes.CDLL(None, use_errno=True).syncfs(descriptor)
    finally:
        os.close(descriptor)


def makeDirectories(path: str, mode: int) -> None:
    """
    Make a directory that may be there already, and those above it that are missing,
    and let the disk have their names.

    @param path: absolute.
    @param mode: of all that are made.

    @raise OSError: when it can't be made.
    """
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    if parent != path:
        makeDirectories(parent, mode)
    try:
        os.mkdir(path, mode)
    except FileExistsError:
        # Somebody else may have made it meanwhile.
        if not os.path.isdir(path):
            raise
    if os.access(parent, os.R_OK):
        sync(parent)
