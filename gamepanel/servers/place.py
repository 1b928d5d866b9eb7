"""
A server's room in the state directory::

    console     its log, see L{gamepanel.servers.console}
    life        what the daemon remembers of its life, see L{gamepanel.servers.record}
    stdin, stdout, keeper, exit     of its run, see L{gamepanel.servers.process.RunFiles}
    files/      the directory that belongs to its game

All of it waits for the disk: call it in a thread, but when the daemon starts.
"""

import errno
import mmap
import os
import shutil
from typing import Final

from gamepanel.errors import NoSpace
from gamepanel.servers.console import DamagedConsole, Ring, headerBytes
from gamepanel.servers.launch import Account

ringBytes: Final = 1024 * 1024 + 4096
"""A page more than what shall be kept, see L{Ring.oldest}."""


def make(place: str, account: Account | None) -> None:
    """
    Make the room of a new server.

    @param account: who its directory shall belong to, if not to us.

    @raise NoSpace: when the disk is full; nothing is left of it then.
    @raise OSError: when it can't be made; nothing is left of it then.
    """
    # Others than us must be able to pass where the game is another user's.
    mode = 0o700 if account is None else 0o711
    os.mkdir(place)
    try:
        os.chmod(place, mode)
        home = os.path.join(place, "files")
        os.mkdir(home)
        os.chmod(home, 0o700)
        if account is not None:
            os.chown(home, account.uid, account.gid)
        makeConsole(place, 0)
        _sync(place)
        _sync(os.path.dirname(place))
    except OSError as error:
        shutil.rmtree(place)
        if error.errno == errno.ENOSPC:
            raise NoSpace() from error
        raise


def _consoleFile(place: str) -> str:
    return os.path.join(place, "console")


def makeConsole(place: str, base: int) -> None:
    """
    Make an empty log.

    @param base: index of its first byte.
    """
    path = _consoleFile(place)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        # A hole in the file would be a SIGBUS when the disk is full.
        os.posix_fallocate(descriptor, 0, headerBytes + ringBytes)
        Ring.format(memoryview(mmap.mmap(descriptor, 0)), base)
    finally:
        os.close(descriptor)


def openConsole(place: str) -> Ring:
    """
    Map a server's log into memory.

    @raise DamagedConsole: when the file does not hold one.
    @raise OSError: when it can't be opened.
    """
    descriptor = os.open(_consoleFile(place), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_size != headerBytes + ringBytes:
            raise DamagedConsole("it is not as large as a console is")
        return Ring(memoryview(mmap.mmap(descriptor, 0)))
    finally:
        os.close(descriptor)


def remove(place: str) -> None:
    """
    Delete a room and all that is in it; links in it are deleted, never followed.
    """
    try:
        shutil.rmtree(place)
    except PermissionError:
        # A game may have made directories that not even their owner may change.
        for directory, _, _ in os.walk(place):
            os.chmod(directory, 0o700)
        shutil.rmtree(place)


def moveAside(place: str, aside: str) -> None:
    """
    Keep what is in a room elsewhere.

    @param aside: where; nothing is there yet, but its parent.
    """
    os.rename(place, aside)


def _sync(path: str) -> None:
    """Let the disk have what is in a directory."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
