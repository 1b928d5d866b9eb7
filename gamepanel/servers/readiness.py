"""
Waits until players can come to a game that has been started: until it has printed its ready
line, where its type names one, and until it holds its port, where its type wants that.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.console.lines import Found
from gamepanel.console.quoting import (
    lastLines,
    maxQuotedCharacters,
    plain,
    quoted,
    shortened,
)
from gamepanel.console.ring import Ring
from gamepanel.host.ports import Port
from gamepanel.process.exit import Exit
from gamepanel.servers.basics import Basics
from gamepanel.servers.resuming import Lifecycle
from gamepanel.servers.search import ConsoleSearch, Taker
from gamepanel.servers.serverlog import ServerLog
from gamepanel.servers.storedlife import Run

portSeconds: Final = 5.0
"""So soon after its ready line a game must hold its port, where its type wants that."""

firstPause: Final = 0.05
"""After the first look at what may come true, in seconds; doubled for each that follows."""


lastLookSeconds: Final = 0.05
"""At the end of a run what is left is searched for no longer than this, at once."""


async def comesTrue(
    clock: IReactorTime, look: Callable[[], Deferred[bool | None]], seconds: float
) -> bool:
    """
    Wait until something is so of which the kernel does not tell, such as an opened port.

    @param look: whether it is; None when that can't be known, which ends the wait.
    @param seconds: how long to wait at most. What counts is a look that was begun later
        than that, so that none that takes long is the last.

    @return: False when it did not come true.
    """
    end, pause = clock.seconds() + seconds, firstPause
    while True:
        isLast = clock.seconds() >= end
        isSo = await look()
        if isSo is not False or isLast:
            return isSo is not False
        await deferLater(clock, min(pause, max(end - clock.seconds(), 0)))
        pause *= 2


def saidIn(found: Found) -> str:
    """A line that a game has printed, fit to be quoted, on a line of its own."""
    return quoted((shortened(plain(found.line), maxQuotedCharacters),))


def whyNotReady(run: Run, ring: Ring, exit: Exit, said: Found | None) -> str:
    """
    What to say of a run that ended before it had printed its ready line.

    @param said: the line that says that the start has failed, if there was one.
    """
    if said is not None:
        return f"the start failed, {exit}; the game said:{saidIn(said)}"
    lines = lastLines(ring, run.runIndex, run.encoding)
    told = f"; the game's last lines:{quoted(lines)}" if lines else "; it printed nothing"
    return f"ended before it was ready, {exit}{told}"


class LineWatch(Taker):
    """
    Waits for the line that says that players can come, or never will.

    @ivar said: that line, when it was found.
    """

    # One that says both has failed.
    names = frozenset({"failed", "ready"})

    def __init__(
        self, search: ConsoleSearch, run: Run, found: Callable[[Found], None] | None
    ) -> None:
        """
        @param run: that it is printed in.
        @param found: called once with what was found; nothing is looked for after that.
        """
        self.said: Found | None = None
        self._search = search
        self._run = run
        self._found = found
        search.add(self)

    def entered(self, run: Run) -> tuple[int, bool] | None:
        """See L{Taker}."""
        isOurs = (run.runIndex, run.startedAt) == (self._run.runIndex, self._run.startedAt)
        return (run.runIndex, False) if isOurs else None

    def took(self, found: Found) -> None:
        """See L{Taker}."""
        self.said = found
        self.cancel()
        if self._found is not None:
            self._found(found)

    def lastLook(self, seconds: float = lastLookSeconds) -> Found | None:
        """
        What is found in all that the run has printed when it is over.

        @param seconds: how long to search.
        """
        self._found = None
        if self.said is None:
            self._search.hurry(seconds)
        self.cancel()
        return self.said

    def cancel(self) -> None:
        """Look no more."""
        self._search.remove(self)


class PortWatch:
    """
    Waits until a game holds its port.
    """

    def __init__(self, looking: Deferred[None]) -> None:
        """
        @param looking: ends when that is known; does not fail.
        """
        self._looking = looking

    def cancel(self) -> None:
        """Look no more."""
        self._looking.cancel()


class Readiness:
    """
    Waits until players can come, and tells the life of the server.
    """

    _log = Logger()

    def __init__(
        self,
        basics: Basics,
        log: ServerLog,
        search: ConsoleSearch,
        lifecycle: Callable[[], Lifecycle],
        known: Callable[[], Run],
    ) -> None:
        """
        @param search: finds its ready line.
        @param known: the run, with all that is known of it now.
        """
        self._basics = basics
        self._serverLog = log
        self._search = search
        self._lifecycle = lifecycle
        self._known = known
        self._watch: LineWatch | PortWatch | None = None
        self._overdue: IDelayedCall | None = None

    @property
    def _run(self) -> Run:
        return self._known()

    def begin(self, isThere: bool) -> None:
        """
        Begin to wait.

        @param isThere: whether there is a process of the game already.
        """
        if self._run.ready is not None:
            self._watch = LineWatch(self._search, self._run, self._found)
            self._overdue = self._basics.context.reactor.callLater(
                self._run.readyWithin, self._isOverdue
            )
        elif isThere:
            self._lookForPort()

    def gameIsThere(self) -> None:
        """There is a process of the game now."""
        if self._run.ready is None:
            self._lookForPort()

    def _found(self, found: Found) -> None:
        self._cancelOverdue()
        if found.name == "failed":
            reason = f"the start failed; the game said:{saidIn(found)}"
            self._lifecycle().life._startFailed(reason)
        else:
            self._lookForPort()

    def _isOverdue(self) -> None:
        self._log.warn(
            "{server}: has not printed its ready line within {seconds} s; it goes on starting",
            server=self._basics.id,
            seconds=self._run.readyWithin,
        )

    def _cancelOverdue(self) -> None:
        if self._overdue is not None and self._overdue.active():
            self._overdue.cancel()

    def _lookForPort(self) -> None:
        """It says that players can come: they can if it has opened its port."""
        if self._run.port is None:
            self._lifecycle().life._ready()
        elif not isinstance(self._watch, PortWatch):
            looking = Deferred.fromCoroutine(self._awaitPort(self._run.port))
            self._watch = PortWatch(looking.addErrback(self._notLookedFor))

    async def _awaitPort(self, port: Port) -> None:
        context, kernel = self._basics.context, self._basics.kernel
        look = partial(context.threads.host, kernel.holdsPort, port, self._basics.tag(self._run))
        if await comesTrue(context.reactor, look, portSeconds):
            self._lifecycle().life._ready()
        else:
            since = "its start" if self._run.ready is None else "the ready line"
            self._lifecycle().life._startFailed(
                f"Port {port} was not opened within {portSeconds:g} s of {since}. "
                "(The type of a game that opens none says needs_port = false.)"
            )

    def _notLookedFor(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            # What can't be known is no reason to stop a game.
            self._log.failure(
                "{server}: its port can't be looked for", failure, server=self._basics.id
            )
            self._lifecycle().life._ready()

    def over(self, exit: Exit) -> str | None:
        """
        The run has ended. It may have become ready just before, or while the daemon was away.

        @return: what to say of it if it had not been ready; None where its type does not
            say when it is.
        """
        watch = self._watch
        if self._run.ready is None or self._lifecycle().status.state != "starting":
            self.cancel()
            return None
        if not isinstance(watch, PortWatch):
            said = (watch or LineWatch(self._search, self._run, None)).lastLook()
            self.cancel()
            if said is None or said.name != "ready":
                return whyNotReady(self._run, self._serverLog.ring, exit, said)
        self.cancel()
        # For its port it was not given the time.
        self._lifecycle().life._ready()
        return None

    def cancel(self) -> None:
        """Wait no more."""
        self._cancelOverdue()
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
