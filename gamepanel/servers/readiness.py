"""
Waits until players can come to a game that has been started: until it has printed its ready
line, where its type names one, and until it holds its port, where its type wants that.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.host.ports import Port
from gamepanel.servers.basics import Basics
from gamepanel.servers.files.life import Run
from gamepanel.servers.log.lines import FailedLine, StartLines
from gamepanel.servers.log.quoting import lastLines, quoted
from gamepanel.servers.log.ring import Ring
from gamepanel.servers.log.serverlog import ServerLog
from gamepanel.servers.process.tag import ProcessTag
from gamepanel.servers.restart import Exit
from gamepanel.servers.resuming import Lifecycle

portSeconds: Final = 5.0
"""So soon after its ready line a game must hold its port, where its type wants that."""

firstPause: Final = 0.05
"""After the first look at what may come true, in seconds; doubled for each that follows."""


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


def linesOf(run: Run) -> StartLines:
    """What to look for in all that a run prints."""
    return StartLines(
        None if run.ready is None else re.compile(run.ready),
        None if run.failed is None else re.compile(run.failed),
        run.runIndex,
    )


def whyNotReady(run: Run, ring: Ring, exit: Exit, said: FailedLine | None) -> str:
    """
    What to say of a run that ended before it had printed its ready line.

    @param said: the line that says that the start has failed, if there was one.
    """
    if said is not None:
        return f"the start failed, {exit}; the game said:{quoted((said.text,))}"
    lines = lastLines(ring, run.runIndex)
    told = f"; the game's last lines:{quoted(lines)}" if lines else "; it printed nothing"
    return f"ended before it was ready, {exit}{told}"


class LineWatch:
    """
    Waits for the line that says that players can come, or never will.

    @ivar lines: the search for it.
    """

    def __init__(
        self,
        clock: IReactorTime,
        log: ServerLog,
        run: Run,
        found: Callable[[Literal["ready"] | FailedLine], None],
        overdue: Callable[[], None],
    ) -> None:
        """
        @param found: called once with what was found; nothing is looked for after that.
        @param overdue: called when it has not come as soon as it should have.
        """
        self.lines = linesOf(run)
        self._serverLog = log
        self._found = found
        self._forget = log.matchers.listen(lambda _: self._look())
        self._timer = clock.callLater(run.readyWithin, overdue)
        # For what it has printed already.
        log.grew()

    def _look(self) -> None:
        found = self.lines.look(self._serverLog.ring)
        if found is not None:
            self.cancel()
            self._found(found)

    def cancel(self) -> None:
        """Look no more."""
        self._forget()
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
            clock = self._basics.context.reactor
            self._watch = LineWatch(clock, self._serverLog, self._run, self._found, self._isOverdue)
        elif isThere:
            self._lookForPort()

    def gameIsThere(self) -> None:
        """There is a process of the game now."""
        if self._run.ready is None:
            self._lookForPort()

    def _found(self, found: Literal["ready"] | FailedLine) -> None:
        if isinstance(found, FailedLine):
            reason = f"the start failed; the game said:{quoted((found.text,))}"
            self._lifecycle().life._startFailed(reason)
        else:
            self._lookForPort()

    def _isOverdue(self) -> None:
        self._log.warn(
            "{server}: has not printed its ready line within {seconds} s; it goes on starting",
            server=self._basics.id,
            seconds=self._run.readyWithin,
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
        look = partial(context.inThread, kernel.holdsPort, port, self._tag())
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
            lines = linesOf(self._run) if watch is None else watch.lines
            said = lines.look(self._serverLog.ring, isOver=True)
            if said != "ready":
                return whyNotReady(self._run, self._serverLog.ring, exit, said)
        # For its port it was not given the time.
        self._lifecycle().life._ready()
        return None

    def cancel(self) -> None:
        """Wait no more."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
