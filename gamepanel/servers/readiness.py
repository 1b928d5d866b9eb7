"""
Waits until players can come to a game that has been started: until it has printed its ready
line, where its type names one, and until it holds its port, where its type wants that.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import CooperativeTask, Cooperator, TaskStopped, deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.games.linepatterns import LinePatterns
from gamepanel.host.ports import Port
from gamepanel.servers.basics import Basics
from gamepanel.servers.files.life import Run
from gamepanel.servers.log.lines import Found, LineSearch
from gamepanel.servers.log.quoting import (
    lastLines,
    maxQuotedCharacters,
    plain,
    quoted,
    shortened,
)
from gamepanel.servers.log.ring import Ring
from gamepanel.servers.log.serverlog import ServerLog
from gamepanel.servers.process.tag import ProcessTag
from gamepanel.servers.restart import Exit
from gamepanel.servers.resuming import Lifecycle

portSeconds: Final = 5.0
"""So soon after its ready line a game must hold its port, where its type wants that."""

firstPause: Final = 0.05
"""After the first look at what may come true, in seconds; doubled for each that follows."""


lastLookSeconds: Final = 0.05
"""At the end of a run what is left is searched for no longer than this, at once."""

lostSeconds: Final = 60.0
"""How often it is told that a game prints faster than it can be searched."""


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


def searchOf(run: Run) -> LineSearch:
    """The search for the lines that tell how the start of a run goes."""
    # One that says both has failed.
    patterns = {"failed": run.failed, "ready": run.ready}
    given = {name: pattern for name, pattern in patterns.items() if pattern is not None}
    early = frozenset({"ready"})
    return LineSearch(LinePatterns(given), early, run.runIndex, encoding=run.encoding)


def lastLook(search: LineSearch, ring: Ring, seconds: float = lastLookSeconds) -> Found | None:
    """
    What is found in all that a run has printed when it is over.

    @param seconds: how long to search.
    """
    end = time.monotonic() + seconds
    for found in search.pieces(ring, isOver=True):
        if found is not None or time.monotonic() > end:
            return found
    return None


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


class LineWatch:
    """
    Waits for the line that says that players can come, or never will.

    @ivar search: the search for it.
    """

    def __init__(
        self,
        clock: IReactorTime,
        slices: Cooperator,
        log: ServerLog,
        run: Run,
        found: Callable[[Found], None],
        overdue: Callable[[], None],
        lost: Callable[[int], None],
    ) -> None:
        """
        @param slices: searches a little at a time, so that nobody waits for a game that
            floods its console.
        @param found: called once with what was found; nothing is looked for after that.
        @param overdue: called when it has not come as soon as it should have.
        @param lost: called now and then with how many bytes came too fast to be searched.
        """
        self.search = searchOf(run)
        self._clock = clock
        self._slices = slices
        self._serverLog = log
        self._found = found
        self._lost = lost
        self._tellLostAt = 0.0
        self._task: CooperativeTask[Iterator[None]] | None = None
        self._log = Logger()
        self._forget = log.matchers.listen(lambda _: self._look())
        self._timer = clock.callLater(run.readyWithin, overdue)
        # For what it has printed already.
        log.grew()

    def _look(self) -> None:
        # What is printed meanwhile is searched, too, before that comes to its end.
        if self._task is None:
            self._task = self._slices.cooperate(self._pieces())
            self._task.whenDone().addErrback(self._broken)

    def _pieces(self) -> Iterator[None]:
        for found in self.search.pieces(self._serverLog.ring):
            if found is not None:
                self._task = None
                self.cancel()
                self._found(found)
                return
            yield
        self._task = None
        self._tellLost()

    def _broken(self, failure: Failure) -> None:
        if not failure.check(TaskStopped):
            self._task = None
            self._log.failure("lines can't be searched", failure)

    def _tellLost(self) -> None:
        if self.search.lost and self._clock.seconds() >= self._tellLostAt:
            self._tellLostAt = self._clock.seconds() + lostSeconds
            self._lost(self.search.lost)
            self.search.lost = 0

    def cancel(self) -> None:
        """Look no more."""
        self._forget()
        if self._task is not None:
            self._task.stop()
            self._task = None
        if self._timer.active():
            self._timer.cancel()


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

    def __init__(
        self,
        basics: Basics,
        log: ServerLog,
        lifecycle: Callable[[], Lifecycle],
        run: Run,
        tag: Callable[[], ProcessTag],
    ) -> None:
        """
        @param run: as it was started.
        @param tag: what tells its processes from all others.
        """
        self._basics = basics
        self._serverLog = log
        self._lifecycle = lifecycle
        self._run = run
        self._tag = tag
        self._watch: LineWatch | PortWatch | None = None
        self._log = Logger()

    def begin(self, isThere: bool) -> None:
        """
        Begin to wait.

        @param isThere: whether there is a process of the game already.
        """
        if self._run.ready is not None:
            context = self._basics.context
            self._watch = LineWatch(
                *(context.reactor, context.slices, self._serverLog, self._run),
                *(self._found, self._isOverdue, self._missed),
            )
        elif isThere:
            self._lookForPort()

    def gameIsThere(self) -> None:
        """There is a process of the game now."""
        if self._run.ready is None:
            self._lookForPort()

    def _found(self, found: Found) -> None:
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

    def _missed(self, count: int) -> None:
        self._log.warn(
            "{server}: {count} bytes came too fast to be searched for its ready line",
            server=self._basics.id,
            count=count,
        )

    def _lookForPort(self) -> None:
        """It says that players can come: they can if it has opened its port."""
        if self._run.port is None:
            self._lifecycle().life._ready()
        elif not isinstance(self._watch, PortWatch):
            looking = Deferred.fromCoroutine(self._awaitPort(self._run.port))
            self._watch = PortWatch(looking.addErrback(self._notLookedFor))

    async def _awaitPort(self, port: Port) -> None:
        context, kernel = self._basics.context, self._basics.kernel
        look = partial(context.threads.host, kernel.holdsPort, port, self._tag())
        if await comesTrue(context.reactor, look, portSeconds):
            self._lifecycle().life._ready()
        else:
            since = "its start" if self._run.ready is None else "the ready line"
            self._lifecycle().life._startFailed(
                f"Port {port} was not opened within {portSeconds:g} s of {since}."
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
        self.cancel()
        if self._run.ready is None or self._lifecycle().status.state != "starting":
            return None
        said = None
        if not isinstance(watch, PortWatch):
            search = searchOf(self._run) if watch is None else watch.search
            said = lastLook(search, self._serverLog.ring)
            if said is None or said.name != "ready":
                return whyNotReady(self._run, self._serverLog.ring, exit, said)
        # For its port it was not given the time.
        self._lifecycle().life._ready()
        return None

    def cancel(self) -> None:
        """Wait no more."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
