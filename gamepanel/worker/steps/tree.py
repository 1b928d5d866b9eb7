"""
Files in the staging directory and in the server's own. Whatever programs have put there, no
link is followed: each step of a path is opened from the one before.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final

from gamepanel.disk import confined
from gamepanel.games.globs import Glob
from gamepanel.games.installvalues import checkPath
from gamepanel.worker.unpack.within import way

maxMatches: Final = 100_000
"""So many files are looked at for a glob."""

usualMode: Final = 0o666
executableMode: Final = 0o777


@contextmanager
def parent(root: str, path: str, make: bool = False) -> Iterator[tuple[int, str]]:
    """
    The directory that something is in, open until the end, and its name there.

    @param root: absolute path of the directory that the path is relative to.
    @param make: whether directories are made that are not there.

    @raise OSError: when one of them is not there, or a link.
    """
    with way(root) as found:
        yield found.to(checkPath(path, isDirectory=True), make)


def mode(root: str, path: str) -> int | None:
    """The mode of what is there; None if there is nothing, or links would lead to it."""
    try:
        with parent(root, path) as (directory, name):
            return os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
    except OSError:
        return None


def makeDirectory(root: str, path: str) -> None:
    """
    Make a directory, and those that it is in, where they are not there.

    @raise OSError: when it can't be made.
    """
    with parent(root, f"{path}/x", make=True):
        pass


def create(root: str, path: str, mode: int = usualMode) -> int:
    """
    Make a file anew, and the directories that it is in.

    @param mode: from which the umask takes what others shall not have.

    @return: its descriptor, for reading and writing; to be closed.

    @raise OSError: when it can't be made.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with parent(root, path, make=True) as (directory, name):
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=directory)
        return os.open(name, flags, mode, dir_fd=directory)


@contextmanager
def reading(root: str, path: str) -> Iterator[BinaryIO]:
    """
    A plain file, open until the end.

    @raise OSError: when it is none, not there, or links would lead to it.
    """
    with parent(root, path) as (directory, name), confined.openPlain(name, directory) as file:
        yield file


def write(root: str, path: str, data: bytes, mode: int = usualMode) -> None:
    """
    Write a whole file.

    @raise OSError: when it can't be written.
    """
    with open(create(root, path, mode), "wb") as file:
        file.write(data)


def move(root: str, path: str, otherRoot: str, to: str) -> None:
    """
    Move a file or a directory; a file in its way is replaced.

    @raise OSError: when it can't be moved.
    """
    with (
        parent(root, path) as (source, name),
        parent(otherRoot, to, make=True) as (target, newName),
    ):
        os.rename(name, newName, src_dir_fd=source, dst_dir_fd=target)


def matching(root: str, glob: Glob) -> list[str]:
    """
    The paths that fit a glob, sorted; of what is in a directory that fits, only that.

    @raise OSError: when there are too many, or a directory can't be read.
    """
    found: list[str] = []
    directories = [glob.base]
    count = 0
    while directories:
        directory = directories.pop()
        for name in _names(root, directory):
            count += 1
            if count > maxMatches:
                raise OSError(f"more than {maxMatches} files would have to be looked at")
            path = f"{directory}/{name}" if directory else name
            if glob.fits(path):
                found.append(path)
            elif glob.mayHold(path):
                directories.append(path)
    return sorted(found)


def _names(root: str, directory: str) -> list[str]:
    try:
        with parent(root, f"{directory}/x" if directory else "x") as (descriptor, _):
            return os.listdir(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        # A link.
        if error.errno is not None and not os.path.islink(os.path.join(root, directory)):
            raise
        return []


def remove(root: str, path: str) -> None:
    """
    Remove a file, or a directory and all that is in it.

    @raise OSError: when it can't be removed.
    """
    with parent(root, path) as (directory, name):
        if stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            confined.remove(name, directory=directory)
        else:
            os.unlink(name, dir_fd=directory)
