"""
A server's room in the state directory::

    console     its log, see L{gamepanel.servers.console}
    checkpoint  how that was when the disk last had all of it
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

import msgspec

from gamepanel.errors import NoSpace
from gamepanel.servers.console import Checkpoint, DamagedConsole, Ring, headerBytes
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
        memory = mmap.mmap(descriptor, 0)
        ring = Ring.format(memoryview(memory), base)
        synchronize(place, ring, isOpen=False)
    finally:
        os.close(descriptor)


def synchronize(place: str, ring: Ring, isOpen: bool) -> None:
    """
    Let the disk have a log as it is now: its bytes first, and then the checkpoint
    that says so.

    @param isOpen: whether something can be printed after this.
    """
    checkpoint = ring.checkpoint(isOpen)
    ring.flush()
    path = os.path.join(place, "checkpoint")
    new = f"{path}.new"
    with open(
        os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb"
    ) as file:
        file.write(msgspec.json.encode(checkpoint))
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, path)


def restoreConsole(place: str) -> tuple[Ring, bool]:
    """
    Map a server's log after the host has restarted.

    @return: the log, and whether something may be missing at its end.

    @raise DamagedConsole: when there is none that can be believed.
    @raise OSError: when it can't be opened.
    """
    try:
        with open(os.path.join(place, "checkpoint"), "rb") as file:
            checkpoint = msgspec.json.decode(file.read(), type=Checkpoint)
    except (FileNotFoundError, msgspec.MsgspecError) as error:
        raise DamagedConsole(f"its checkpoint can't be read: {error}") from error
    return Ring.restore(_map(place), checkpoint), checkpoint.isOpen


def openConsole(place: str) -> Ring:
    """
    Map a server's log into memory.

    @raise DamagedConsole: when the file does not hold one.
    @raise OSError: when it can't be opened.
    """
    return Ring(_map(place))


def _map(place: str) -> memoryview:
    descriptor = os.open(_consoleFile(place), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_size != headerBytes + ringBytes:
            raise DamagedConsole("it is not as large as a console is")
        return memoryview(mmap.mmap(descriptor, 0))
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
