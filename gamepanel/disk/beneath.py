"""
Opens what is below a directory that others may have filled and change meanwhile: by C{openat2(2)},
which follows no symlink and enters nothing that is mounted, else step by step. No path leads
outside (path traversal).
"""

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from gamepanel.disk.mounted import isMounted

_OPENAT2: Final = 437
"""Number of the system call, which is the same on all machines that are in use."""

_RESOLVE: Final = 0x01 | 0x02 | 0x04 | 0x08
"""C{RESOLVE_NO_XDEV}, C{RESOLVE_NO_MAGICLINKS}, C{RESOLVE_NO_SYMLINKS}, C{RESOLVE_BENEATH}."""

_NOREPLACE: Final = 1
_EXCHANGE: Final = 2
"""Flags of C{renameat2(2)}."""

place: Final = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
"""Flags to hold a file without opening it: a pipe or a device is not touched."""

directory: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""Flags to list a directory."""

_step: Final = place | os.O_DIRECTORY

workingDirectory: Final = -100
"""C{AT_FDCWD}."""

_libc: Final = ctypes.CDLL(None, use_errno=True)


def _openat2(root: int, path: str, flags: int) -> int:
    how = struct.pack("=QQQ", flags, 0, _RESOLVE)
    while True:
        found = _libc.syscall(_OPENAT2, root, os.fsencode(path), how, ctypes.c_size_t(len(how)))
        if found >= 0:
            return int(found)
        code = ctypes.get_errno()
        # What is renamed elsewhere meanwhile makes the kernel unsure.
        if code not in (errno.EAGAIN, errno.EINTR):
            raise OSError(code, os.strerror(code))


def _hasOpenat2() -> bool:
    try:
        os.close(_openat2(workingDirectory, ".", _step))
    except OSError:
        return False
    return True


def lack() -> str | None:
    """Why paths are resolved step by step on this host, behind "since"; None where they are not."""
    return None if _hasOpenat2() else "its kernel has no openat2 (Linux 5.6 has)"


class Beneath:
    """
    Opens files below a directory.

    @ivar root: descriptor of the directory.
    """

    def __init__(self, root: int, isStepping: bool = False) -> None:
        """
        @param isStepping: whether paths are resolved step by step in any case.
        """
        self.root = root
        self._isStepping = isStepping or not _hasOpenat2()

    def open(self, path: str, flags: int, base: int | None = None) -> int:
        """
        @param path: relative; empty for the directory itself.
        @param flags: of C{open(2)}, with C{O_NOFOLLOW} and without C{O_CREAT}.
        @param base: descriptor of a directory in it that the path is relative to.

        @return: a descriptor.

        @raise OSError: ELOOP for a symlink on the way, EXDEV where something is mounted.
        """
        start = self.root if base is None else base
        if not self._isStepping:
            return _openat2(start, path or ".", flags)
        *steps, name = path.split("/")
        with _directory(start, steps) as parent:
            return _opened(parent, name, flags)

    @contextmanager
    def parent(self, path: str) -> Iterator[tuple[int, str]]:
        """
        The directory that something is in, open until the end, and the name there.

        @raise OSError: as L{open}.
        """
        head, _, name = path.rpartition("/")
        parent = self.open(head, _step)
        try:
            yield parent, name
        finally:
            os.close(parent)

    def linkIn(self, path: str) -> str | None:
        """Where the first symlink of a path leads, for people; None where there is none."""
        steps = path.split("/")
        for count in range(len(steps)):
            with suppress(OSError), self.parent("/".join(steps[: count + 1])) as (parent, name):
                return targetOf(name, parent)
        return None


def targetOf(name: str, directory: int) -> str:
    """Where a symlink leads, for people: what is not UTF-8 of it is replaced."""
    return os.fsencode(os.readlink(name, dir_fd=directory)).decode(errors="replace")


@contextmanager
def _directory(start: int, steps: list[str]) -> Iterator[int]:
    current = os.dup(start)
    try:
        for step in steps:
            following = _opened(current, step, _step)
            os.close(current)
            current = following
        yield current
    finally:
        os.close(current)


def _opened(parent: int, name: str, flags: int) -> int:
    if name and isMounted(parent, name):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    try:
        return os.open(name or ".", flags, dir_fd=parent)
    except NotADirectoryError:
        # So the kernel says of a symlink, where a directory is wanted.
        if _isLink(parent, name):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        raise


def _isLink(parent: int, name: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _renameat2(source: tuple[int, str], target: tuple[int, str], flags: int) -> None:
    rename = getattr(_libc, "renameat2", None)
    names = os.fsencode(source[1]), os.fsencode(target[1])
    if rename is None or rename(source[0], names[0], target[0], names[1], flags):
        code = errno.ENOSYS if rename is None else ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def renameNew(source: tuple[int, str], target: tuple[int, str]) -> None:
    """
    Rename something, unless there is something of the new name.

    @param source: directory and name; C{target} likewise.

    @raise FileExistsError: when there is.
    @raise OSError: when it can't be done.
    """
    try:
        _renameat2(source, target, _NOREPLACE)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EINVAL):
            raise
        # A file system that can't: or a directory that would go into itself, which is said again.
        with suppress(FileNotFoundError):
            os.stat(target[1], dir_fd=target[0], follow_symlinks=False)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        os.rename(source[1], target[1], src_dir_fd=source[0], dst_dir_fd=target[0])


def exchange(source: tuple[int, str], target: tuple[int, str]) -> None:
    """
    Exchange two files, in one step.

    @param source: directory and name; C{target} likewise.

    @raise OSError: when it can't be done: ENOSYS or EINVAL where the file system has no such thing.
    """
    _renameat2(source, target, _EXCHANGE)
