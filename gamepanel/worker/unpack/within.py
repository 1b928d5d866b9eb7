"""
Paths inside a directory that others may have put links into: no link is followed.

Names may be any that a file can have; those that are no UTF-8 are what C{os.fsdecode} makes
of them.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from gamepanel.disk import confined, walking

chunkBytes: Final = 1024 * 1024
"""Files are read and written in such pieces."""

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

blockBytes: Final = 512
"""Of a block of C{stat(2)}, whatever the file system has."""

mostPacked: Final = 100
"""A file that takes so many times less of the disk than its size is one of holes."""

quickBytes: Final = 16 * 1024 * 1024
"""So much is read in any case: some file systems take nothing for what is small."""

newMode: Final = 0o777
"""Of directories that are made; the umask takes from it what others shall not have."""


class Way:
    """
    The way to the directory of one path after another, open: what is next is mostly in the
    same one.
    """

    def __init__(self, root: str, directory: int | None = None) -> None:
        """
        @param root: absolute path of the directory that nothing leads out of.
        @param directory: descriptor of the directory that it is in, for a name; C{.} is itself.

        @raise OSError: when it can't be opened.
        """
        self._root = os.open(root, _DIRECTORY, dir_fd=directory)
        self._path: str | None = None
        self._current = -1

    def to(self, path: str, make: bool = False) -> tuple[int, str]:
        """
        @param path: relative, without C{..}.
        @param make: whether directories that are missing are made.

        @return: a descriptor of the directory that it is in, good until the next call; and its
            last name.

        @raise OSError: when there is no such directory, or a link or a file is in the way.
        """
        parent, _, name = path.rpartition("/")
        if parent != self._path:
            start, steps = self._root, parent
            if self._path and parent.startswith(f"{self._path}/"):
                # Else each step into what is nested deep would be a way as long as all before.
                start, steps = self._current, parent[len(self._path) :]
            following = self._open(start, steps, make)
            self._leave()
            self._current, self._path = following, parent
        return self._current, name

    def _open(self, start: int, path: str, make: bool) -> int:
        current = os.dup(start)
        try:
            for step in filter(None, path.split("/")):
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(step, newMode, dir_fd=current)
                following = os.open(step, _DIRECTORY, dir_fd=current)
                os.close(current)
                current = following
        except BaseException:
            os.close(current)
            raise
        return current

    def _leave(self) -> None:
        if self._path is not None:
            self._path = None
            os.close(self._current)

    def close(self) -> None:
        """Let go of it."""
        self._leave()
        os.close(self._root)


@contextmanager
def way(root: str, directory: int | None = None) -> Iterator[Way]:
    """A L{Way}, closed at the end."""
    found = Way(root, directory)
    try:
        yield found
    finally:
        found.close()


def walk(root: str, directory: int | None = None) -> Iterator[tuple[str, os.stat_result]]:
    """
    All that is in a directory, with what is said of it; each directory before what is in it.

    @param directory: descriptor of the directory that it is in, for a name; C{.} is itself.

    @return: paths relative to C{root}.

    @raise OSError: when a directory can't be read.
    """
    for found in walking.walk(root, directory=directory):
        inner = "".join(f"{step}/" for step in found.steps)
        for name in (*found.directories, *found.others):
            try:
                status = os.stat(name, dir_fd=found.descriptor, follow_symlinks=False)
            except FileNotFoundError:
                # It has gone meanwhile.
                continue
            yield f"{inner}{name}", status


def createAnew(path: str) -> int:
    """
    Make a file in the place of whatever is there.

    @return: its descriptor, for writing; to be closed.

    @raise OSError: when it can't be made.
    """
    confined.discard(path)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)


def content(directory: int, name: str, isTheirs: bool = False) -> str | None:
    """
    What a file is made of, as a text that is equal for equal files: the SHA-256 sum of a plain
    file, where a link leads, or the kind of anything else. None when there is nothing.

    @param directory: descriptor of the directory that it is in.
    @param isTheirs: whether a game may have made it, so that one which L{_isHollow} is not read.
    """
    try:
        mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            return f"link:{os.readlink(name, dir_fd=directory)}"
        if not stat.S_ISREG(mode):
            return "directory" if stat.S_ISDIR(mode) else "other"
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(name, flags, dir_fd=directory), "rb") as file:
            if isTheirs and _isHollow(os.fstat(file.fileno())):
                return "hollow"
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _isHollow(status: os.stat_result) -> bool:
    """
    Whether a file takes hardly any disk for its size, so that it can't be what was installed.

    Anybody can make one of 1 TiB in no time, and it would be read for hours. So what is read is
    bounded by what it takes of the disk, and not by a size: games install files of 100 GB. File
    systems that compress take less than the size, too, but not so much less.
    """
    return status.st_size > quickBytes + mostPacked * status.st_blocks * blockBytes


def leadsInside(path: str, target: str) -> bool:
    """
    Whether a link can't lead out of the directory that its path is relative to, whatever other
    such links there are: it first goes up, by no more steps than it is deep, and then only down.
    """
    steps = [step for step in target.split("/") if step not in ("", ".")]
    up = len(steps)
    for number, step in enumerate(steps):
        if step != "..":
            up = number
            break
    isPlain = not target.startswith("/") and "\0" not in target and bool(target)
    return isPlain and up <= path.count("/") and ".." not in steps[up:]
