"""
Consoles of servers that are no more: kept within bounds of age and size. Files of games that people
have kept are never touched.
"""

import os
import re
import stat
import time
from contextlib import suppress
from typing import Final

from msgspec import Struct
from twisted.logger import Logger

from gamepanel.base.timer import Timer
from gamepanel.disk.places import Places
from gamepanel.process.home import homeIn, installIn, stagingIn, takeBack
from gamepanel.servers import storedlife as life
from gamepanel.servers.host import HostContext

maxAge: Final = 30 * 24 * 3600.0
"""So long a console is kept, in seconds."""

maxBytes: Final = 256 * 1024 * 1024
"""So much of the disk all of them may take together; the oldest go first."""

console: Final = ("console", "checkpoint", "checkpoint.new", "times", "told", "followed")
"""What belongs to a console."""

others: Final = ("life", "life.new", "stdin", "stdout", "keeper", "exit", "passwd", "group")
"""What else the daemon has put beside the files of a game, and nobody needs without a console."""


class _Kept(Struct, frozen=True):
    """
    What is left of a server.

    @ivar at: when it was destroyed: Unix time in seconds.
    @ivar bytes: what its console takes of the disk.
    """

    directory: str
    at: float
    bytes: int


def prune(removed: str, now: float) -> None:
    """
    Remove consoles that are too old or too many, and those of servers that have never run. It waits
    for the disk: call it in a thread.

    @param removed: the directory with what is left of all servers that are no more.
    @param now: Unix time in seconds.
    """
    found = [kept for name in os.listdir(removed) if (kept := _look(removed, name)) is not None]
    total = 0
    for kept in sorted(found, key=lambda kept: kept.at, reverse=True):
        total += kept.bytes
        if total > maxBytes or now - kept.at > maxAge or not _hasRun(kept.directory):
            total -= kept.bytes
            _drop(kept.directory)


def _look(removed: str, name: str) -> _Kept | None:
    directory = os.path.join(removed, name)
    try:
        status = os.lstat(directory)
    except OSError:
        return None
    if not stat.S_ISDIR(status.st_mode):
        return None
    size = 0
    for each in console:
        with suppress(OSError):
            size += os.lstat(os.path.join(directory, each)).st_blocks * life.blockBytes
    # As it was named when it was moved there, see L{Places.aside}.
    stamp = re.fullmatch(r".+-([0-9]{16,20})", name, re.DOTALL)
    return _Kept(directory, status.st_mtime if stamp is None else int(stamp[1]) / 1e9, size)


def _hasRun(directory: str) -> bool:
    try:
        record = life.load(os.path.join(directory, "life"))
    except (life.BadRecord, OSError):
        # Nobody knows.
        return True
    return record is not None and record.run is not None


def _drop(directory: str) -> None:
    """Remove a console, and the directory where nothing else is in it."""
    try:
        exits = [name for name in os.listdir(directory) if name.startswith("exit.")]
    except OSError:
        # The job that deletes its files was faster.
        return
    for name in (*console, *others, *exits):
        with suppress(OSError):
            os.unlink(os.path.join(directory, name))
    for empty in (installIn(directory), stagingIn(directory), homeIn(directory), directory):
        with suppress(OSError):
            os.rmdir(empty)


pruneSeconds: Final = 24 * 3600.0
"""So often old consoles are looked for."""


firstSeconds: Final = 60.0
"""For the first time so long after the start, when there is other work."""


class Keeping:
    """
    Looks after what is kept of servers that are no more. Nobody waits for any of it.
    """

    def __init__(self, context: HostContext, places: Places) -> None:
        self._context = context
        self._places = places
        self._next = Timer(context.reactor)
        self._log = Logger()

    def begin(self) -> None:
        """Remove old consoles, soon and then each day."""
        self._next.after(firstSeconds, self._again)

    def _again(self) -> None:
        self.prune()
        self._next.after(pruneSeconds, self._again)

    def end(self) -> None:
        """Do that no more."""
        self._next.cancel()

    def prune(self) -> None:
        """Remove old consoles, see L{prune}."""
        done = self._context.threads.deleting(prune, self._places.removed, time.time())
        done.addErrback(lambda failure: self._log.failure("old consoles stay", failure))

    def takeBack(self, aside: str) -> None:
        """Let files of a server that is no more be ours."""
        done = self._context.threads.deleting(takeBack, aside)
        done.addErrback(
            lambda failure: self._log.failure("{path} can't be taken back", failure, path=aside)
        )
