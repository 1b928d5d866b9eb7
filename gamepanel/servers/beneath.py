"""
Files inside a server's own directory, which belongs to its game.

The game may put links there that lead elsewhere, so no link is followed: each
step of a path is opened from the one before.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from gamepanel.servers.launch import Account

maxFileBytes: Final = 4 * 1024 * 1024
"""A configuration file that is larger is none."""

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def _directory(
    root: str, steps: list[str], owner: Account | None = None, make: bool = False
) -> Iterator[int]:
    """
    The directory at the end of these steps, open until the end.

    @param make: whether what is missing is made.
    """
    current = os.open(root, _DIRECTORY)
    try:
        for step in steps:
            try:
                following = os.open(step, _DIRECTORY, dir_fd=current)
            except FileNotFoundError:
                if not make:
                    raise
                os.mkdir(step, 0o700, dir_fd=current)
                following = os.open(step, _DIRECTORY, dir_fd=current)
                _give(following, owner)
            os.close(current)
            current = following
        yield current
    finally:
        os.close(current)


def _give(descriptor: int, owner: Account | None) -> None:
    if owner is not None:
        os.fchown(descriptor, owner.uid, owner.gid)


def _steps(path: str) -> tuple[list[str], str]:
    *directories, name = [step for step in path.split("/") if step not in ("", ".")]
    return directories, name


def readText(root: str, path: str) -> str:
    """
    What is in a text file; nothing if there is none.

    @param root: the server's directory.
    @param path: relative to it.

    @raise OSError: when it is no plain file, too large, or can't be reached.
    @raise UnicodeDecodeError: when it is not UTF-8.
    """
    directories, name = _steps(path)
    # Without O_NONBLOCK a pipe of that name would hold us up.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with _directory(root, directories) as parent:
            descriptor = os.open(name, flags, dir_fd=parent)
    except FileNotFoundError:
        return ""
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > maxFileBytes:
            raise OSError(f"{path} is no plain file of at most {maxFileBytes} bytes")
        return file.read(maxFileBytes).decode()


def writeText(root: str, path: str, text: str, owner: Account | None) -> None:
    """
    Put a text file in the place of what is there, in one step.

    @param owner: who the file, and directories made for it, shall belong to.

    @raise OSError: when it can't be done; what was there is as it was then.
    """
    directories, name = _steps(path)
    new = f".{name}.new"
    with _directory(root, directories, owner, make=True) as parent:
        with suppress(FileNotFoundError):
            os.unlink(new, dir_fd=parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(new, flags, 0o600, dir_fd=parent)
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            _give(descriptor, owner)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.rename(new, name, src_dir_fd=parent, dst_dir_fd=parent)


def directoryExists(root: str, path: str) -> bool:
    """Whether one can start in this directory: it is there, reached through no link."""
    directories = [step for step in path.split("/") if step not in ("", ".")]
    current = os.open(root, _DIRECTORY)
    try:
        for step in directories:
            following = os.open(step, _DIRECTORY, dir_fd=current)
            os.close(current)
            current = following
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(current)
