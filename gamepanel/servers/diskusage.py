"""
How much of the disk each server takes that has a limit: measured by one process of low priority,
that gets on however busy the disk is, one server after the other.
"""

import os
import re
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace
from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger

from gamepanel.base.collecting import collect
from gamepanel.base.errors import QuotaExceeded
from gamepanel.base.threads import InThread
from gamepanel.base.timer import Timer
from gamepanel.console.gameprocess import IGameReactor
from gamepanel.disk.mounts import mountsBelow
from gamepanel.process.home import stagingIn
from gamepanel.process.yielding import yielding
from gamepanel.servers.events import EventSink
from gamepanel.store.events import NewEvent
from gamepanel.wire.causes import because

MiB: Final = 1024 * 1024

restSeconds: Final = 30.0
"""A server is measured again after so long at the earliest."""

restFactor: Final = 20.0
"""And after so many times what it took: measuring is at most a twentieth of a disk's work."""

quickSeconds: Final = 1.0
"""What takes less than this is measured before each start and each write."""

freshSeconds: Final = 2.0
"""But not again so soon: what is written for people in between is counted in any case."""

cpuSeconds: Final = 300
"""So much of a processor may be taken to measure one directory; a game may have made any number."""

bounded: Final = ("/usr/bin/prlimit", f"--cpu={cpuSeconds}")
"""Goes before that."""

program: Final = "/usr/bin/du"

options: Final = ("--summarize", "--block-size=1")
"""
Of C{du}. It follows no link, and counts a file with several names once. Its C{--one-file-system}
would leave out all files of an overlay, as containers have, that say they are of another device
than their directory.
"""

_SPECIAL: Final = r"([][*?\\])"
_QUOTED: Final = r"\\\1"
"""What means something in a pattern of C{du}, and how it is taken for itself."""


class Limited(Protocol):
    """A server, as far as this needs it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def creation(self) -> int:
        """Number of its creation."""

    @property
    def home(self) -> str:
        """What is measured."""

    @property
    def diskLimit(self) -> int:
        """In bytes; 0 where there is none."""


class Measured(Struct, frozen=True):
    """
    What was found of a server.

    @ivar bytes: so much of the disk it has.
    @ivar again: when it is measured again, in seconds of the reactor's clock.
    @ivar begun: when that was begun, by the same clock.
    @ivar seconds: how long it took.
    @ivar isTold: whether it was told that the running game is over its limit.
    """

    bytes: int
    again: float
    begun: float
    seconds: float
    isTold: bool = False


def _command(path: str) -> list[str]:
    """
    What measures a directory, and what lies beside it of people's files. It waits for the disk:
    call it in a thread.
    """
    # Not of the directory itself, which may hang.
    home = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    mounted = [re.sub(_SPECIAL, _QUOTED, each) for each in mountsBelow(home)]
    excluded = (f"--exclude={each}" for each in mounted)
    staging = stagingIn(os.path.dirname(home))
    both = (home, staging) if os.path.isdir(staging) else (home,)
    return [*bounded, *yielding, program, *options, *excluded, "--", *both]


async def measured(reactor: IGameReactor, inThread: InThread, path: str) -> int:
    """
    How many bytes of the disk a directory has, with all that is in it but what is mounted there.

    @param inThread: runs what waits for the disk of the state directory.

    @raise ValueError: when that can't be known.
    @raise OSError: when it can't be known what is mounted.
    """
    command: list[str] = await inThread(_command, path)
    # What it may not read it complains of, with the path, and counts the rest.
    found = await collect(reactor, [os.fsencode(word) for word in command], {"LC_ALL": "C"})
    numbers = [line.split(b"\t", 1)[0] for line in found.said.splitlines()]
    if not (numbers and all(number.isdigit() for number in numbers)):
        complaint = found.complained.decode(errors="replace").strip()
        raise ValueError(complaint or f"du was ended, or has taken {cpuSeconds} s of CPU")
    return sum(map(int, numbers))


class DiskUsage:
    """
    Knows what servers with a limit take, and keeps them to it.
    """

    def __init__(
        self,
        reactor: IGameReactor,
        inThread: InThread,
        events: EventSink,
        now: Callable[[], float],
        measure: Callable[[str], Deferred[int]] | None = None,
    ) -> None:
        """
        @param inThread: see L{measured}.
        @param now: Unix time in seconds.
        @param measure: see L{measured}.
        """
        self._reactor = reactor
        self._events = events
        self._now = now
        self._measure = measure or (
            lambda path: Deferred.fromCoroutine(measured(reactor, inThread, path))
        )
        self._servers: Callable[[], Iterable[tuple[Limited, bool]]] = tuple
        self._found: dict[int, Measured] = {}
        self._one = DeferredLock()
        self._next = Timer(reactor)
        self._isEnding = False
        self._log = Logger()

    def begin(self, servers: Callable[[], Iterable[tuple[Limited, bool]]]) -> None:
        """
        Measure again and again.

        @param servers: all that there are now, and whether each has a game that runs.
        """
        self._servers = servers
        self._later()

    def end(self) -> None:
        """Measure no more."""
        self._isEnding = True
        self._next.cancel()

    def _later(self) -> None:
        self._next.after(restSeconds, self._round)

    def _round(self) -> None:
        working = Deferred.fromCoroutine(self._measureAll())
        working.addErrback(lambda failure: self._log.failure("measuring failed", failure))
        working.addBoth(lambda _: None if self._isEnding else self._later())

    async def _measureAll(self) -> None:
        limited = [(each, isRunning) for each, isRunning in self._servers() if each.diskLimit]
        known = {each.creation for each, _ in limited}
        self._found = {number: each for number, each in self._found.items() if number in known}
        for server, isRunning in limited:
            found = self._found.get(server.creation)
            isDue = found is None or found.again <= self._reactor.seconds()
            if isDue and not self._isEnding:
                await self._look(server)
                self._tell(server, isRunning)

    async def _look(self, server: Limited) -> int | None:
        """Measure one server, when no other is being measured; callers share a run (coalesce)."""
        asked = self._reactor.seconds()
        async with self._one:
            found = self._found.get(server.creation)
            if found is not None and found.begun > asked:
                # Somebody else has waited for the same.
                return found.bytes
            start = self._reactor.seconds()
            try:
                size = await self._measure(server.home)
            except (ValueError, OSError) as error:
                self._log.warn(
                    "{server}: what it takes of the disk can't be measured: {reason}",
                    server=server.id,
                    reason=str(error),
                )
                return None
            end = self._reactor.seconds()
            before = self._found.get(server.creation)
            isTold = before is not None and before.isTold and size > server.diskLimit
            again = end + max(restSeconds, restFactor * (end - start))
            self._found[server.creation] = Measured(size, again, start, end - start, isTold)
            return size

    def _tell(self, server: Limited, isRunning: bool) -> None:
        """Tell of a running game that has got over its limit."""
        found = self._found.get(server.creation)
        if found is None or found.isTold or not isRunning or found.bytes <= server.diskLimit:
            return
        self._found[server.creation] = replace(found, isTold=True)
        data = {"limit": server.diskLimit, "used": found.bytes}
        about = (server.id, server.creation)
        self._events.record(NewEvent(self._now(), *about, "disk_limit", data))

    async def check(self, server: Limited, limit: int | None = None, more: int = 0) -> None:
        """
        Check that a server is not over its limit.

        @param limit: another one instead, in bytes; 0 for none.
        @param more: what it is about to take beside what it has, in bytes.

        @raise QuotaExceeded: when it is.
        """
        most = server.diskLimit if limit is None else limit
        if not most:
            return
        found = self._found.get(server.creation)
        used = None if found is None or self._isOld(found) else found.bytes
        if used is None or used + more > most:
            # Else somebody may have made room.
            used = await self._look(server)
        if used is not None and used + more > most:
            raise QuotaExceeded(because("over_disk_limit", used=used, limit=most))

    def _isOld(self, found: Measured) -> bool:
        """Whether what was found may be old, and is quickly found out anew."""
        age = self._reactor.seconds() - found.begun - found.seconds
        return found.seconds < quickSeconds and age >= freshSeconds

    def forget(self, server: Limited) -> None:
        """It takes as much as nobody knows now: it is measured before it starts."""
        self._found.pop(server.creation, None)

    def grew(self, server: Limited, size: int) -> None:
        """
        Something was written for a server; until it is measured again, that counts, too.

        @param size: in bytes.
        """
        found = self._found.get(server.creation)
        if found is not None:
            self._found[server.creation] = replace(found, bytes=found.bytes + size)

    def usedBy(self, server: Limited) -> int | None:
        """How many bytes of the disk a server takes; None where that is not known."""
        found = self._found.get(server.creation)
        return None if found is None or not server.diskLimit else found.bytes
