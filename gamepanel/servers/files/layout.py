"""
The directory of a server in the state directory::

    console     its log, see L{gamepanel.servers.log.ring}
    checkpoint  how that was when the disk last had all of it
    times       when what is in it was read, see L{gamepanel.servers.log.times}
    told        which parts of it the daemon has written, see L{gamepanel.servers.log.told}
    followed    how far the file was read that its console follows
    life        what the daemon remembers of its life, see L{gamepanel.servers.files.life}
    stdin, stdout, keeper, exit     of its run, see L{gamepanel.servers.process.runfiles.RunFiles}
    passwd, group   what its game sees as those files, where its user has no name on this host
    files/      the directory that belongs to its game
    install/    beside it, where it is installed: see L{gamepanel.jobs.worker.place}

All of it waits for the disk: call it in a thread, but when the daemon starts.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Final

import msgspec

from gamepanel.disk.durable import sync
from gamepanel.errors import PanelError, SpawnFailed, shortage
from gamepanel.servers.files import confined
from gamepanel.servers.files.consolefile import (
    belonging,
    checkpointFile,
    makeConsole,
    mapConsole,
    timesOf,
)
from gamepanel.servers.log.checkpoint import Checkpoint
from gamepanel.servers.log.mapped import load, populate
from gamepanel.servers.log.ring import DamagedConsole, Ring
from gamepanel.servers.process.launch import Account
from gamepanel.wire.decoding import undecodable

passableMode: Final = 0o711
"""Of directories that others than us must be able to pass, where a game is another user's."""


def make(directory: str, aside: str, account: Account | None) -> None:
    """
    Make the directory of a new server.

    @param aside: where what a crash has left in its directory is moved to.
    @param account: who its directory shall belong to, if not to us.

    @raise NoSpace: when the disk is full; nothing is left of it then.
    @raise Busy: when we have too many open files; nothing is left of it then.
    @raise OSError: when it can't be made; nothing is left of it then.
    """
    try:
        with suppress(FileNotFoundError):
            os.rename(directory, aside)
    except OSError as error:
        if lack := shortage(error):
            raise lack from error
        raise
    try:
        os.mkdir(directory, 0o700)
        os.mkdir(homeIn(directory), 0o700)
        if account is not None:
            give(directory, account)
        makeConsole(directory, 0)
        sync(directory)
        sync(os.path.dirname(directory))
    except OSError as error:
        unmake(directory)
        if lack := shortage(error):
            raise lack from error
        raise
    except PanelError:
        unmake(directory)
        raise


def homeIn(directory: str) -> str:
    """The directory that belongs to the game."""
    return os.path.join(directory, "files")


def installIn(directory: str) -> str:
    """The directory beside that, in which it is installed."""
    return os.path.join(directory, "install")


def prepare(directory: str, account: Account | None) -> None:
    """
    See to it that a game finds the directory that belongs to it, and can be run by its account. A
    game that runs as the daemon's own user may have removed it, or put something else in its place.
    It is not made here: who has only moved it away would find an empty world.

    @raise SpawnFailed: when it can't be used.
    """
    home = homeIn(directory)
    try:
        os.close(os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC))
    except OSError as error:
        reason = f"The directory of its files can't be opened: {error.strerror}."
        raise shortage(error) or SpawnFailed(reason) from error
    if account is not None:
        give(directory, account)


def give(directory: str, account: Account) -> None:
    """
    See to it that a game can be run by an account: what is in its directory belongs to it,
    and it can get there.

    @raise SpawnFailed: when it can't be done.
    """
    home = homeIn(directory)
    try:
        os.chmod(directory, passableMode)
        if os.lstat(home).st_uid != account.uid:
            confined.handOver(home, account)
    except OSError as error:
        reason = f"Its files can't be given to {account}: {error.strerror}."
        raise shortage(error) or SpawnFailed(reason) from error


def takeBack(directory: str) -> None:
    """
    Let what is kept of a server that is no more belong to us; its game had a user id that another
    game may get.
    """
    for name in ("stdin", "stdout"):
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(directory, name))
    for theirs in (homeIn(directory), installIn(directory)):
        with suppress(FileNotFoundError):
            if os.lstat(theirs).st_uid != os.geteuid():
                confined.handOver(theirs, Account(os.geteuid(), os.getegid(), None))


def writeNames(directory: str, files: Mapping[str, str]) -> dict[str, str]:
    """
    Write files that a game is to see in place of others, where it can't change them.

    @param files: their content, by the paths that it sees.

    @return: their paths, by those.
    """
    made = {}
    for path, text in files.items():
        made[path] = os.path.join(directory, os.path.basename(path))
        new = f"{made[path]}.new"
        with open(new, "w") as file:
            file.write(text)
        os.chmod(new, 0o644)
        os.rename(new, made[path])
    return made


def unmake(directory: str) -> None:
    """
    Take back a directory of a server that has never run. It opens nothing, so that it can be
    done when there are too many open files.
    """
    for name in ("console", "times", "told", "checkpoint", "checkpoint.new"):
        with suppress(OSError):
            os.unlink(os.path.join(directory, name))
    for empty in (homeIn(directory), directory):
        with suppress(OSError):
            os.rmdir(empty)


class _StoredCheckpoint(msgspec.Struct, frozen=True):
    """A L{Checkpoint} as its file has it."""

    header: tuple[int, ...]
    sums: tuple[tuple[int, int], ...]
    isOpen: bool


def restoreConsole(directory: str) -> tuple[Ring, bool]:
    """
    Map a server's log after the host has restarted.

    @return: the log, and whether something may be missing at its end.

    @raise DamagedConsole: when there is none that can be believed.
    @raise OSError: when it can't be opened.
    """
    try:
        with open(checkpointFile(directory), "rb") as file:
            stored = msgspec.json.decode(file.read(), type=_StoredCheckpoint)
    except (FileNotFoundError, *undecodable) as error:
        raise DamagedConsole(f"its checkpoint can't be read: {error}") from error
    checkpoint = Checkpoint(stored.header, stored.sums, stored.isOpen)
    memory = mapConsole(directory)
    load(memory, 0, len(memory))
    ready, note = partial(populate, memory), timesOf(directory).note
    ring = Ring.restore(memoryview(memory), checkpoint, ready, note)
    return belonging(ring, directory, memory), checkpoint.isOpen


def moveAside(directory: str, aside: str) -> None:
    """
    Keep a directory of a server elsewhere.

    @param aside: where; nothing is there yet, but its parent.
    """
    os.rename(directory, aside)
