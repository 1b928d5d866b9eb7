"""
The directory of a server in the state directory::

    console     its log, see L{gamepanel.console.ring}
    checkpoint  how that was when the disk last had all of it
    times       when what is in it was read, see L{gamepanel.console.times}
    told        which parts of it the daemon has written, see L{gamepanel.console.told}
    followed    how far the file was read that its console follows
    life        what the daemon remembers of its life, see L{gamepanel.servers.storedlife}
    stdin, stdout, keeper, exit     of its run, see L{gamepanel.process.runfiles.RunFiles}
    passwd, group   what its game sees as those files, where its user has no name on this host
    files/      the directory that belongs to its game
    staging/    beside it, what people write until it is whole, and what they have deleted
    install/    beside it, where it is installed: see L{gamepanel.worker.place}

All of it waits for the disk: call it in a thread, but when the daemon starts.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import msgspec

from gamepanel.base.errors import PanelError, shortage
from gamepanel.console.checkpoint import Checkpoint
from gamepanel.console.consolefile import (
    belonging,
    checkpointFile,
    makeConsole,
    mapConsole,
    timesOf,
)
from gamepanel.console.mapped import load, populate
from gamepanel.console.ring import DamagedConsole, Ring
from gamepanel.disk.durable import sync
from gamepanel.process.home import give, homeIn
from gamepanel.process.launch import Account
from gamepanel.wire.decoding import undecodable


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
