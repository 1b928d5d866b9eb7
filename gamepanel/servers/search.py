"""
Searches the console of one server: run after run, each line once for all who want lines of it.
"""

import inspect
import time
from collections.abc import Callable, Generator
from typing import Final, Protocol

from attrs import define
from msgspec.structs import replace
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import CooperativeTask, Cooperator, TaskStopped
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.hub import Hub
from gamepanel.console.linepatterns import LinePatterns, compiledOnce
from gamepanel.console.lines import Found, LineSearch
from gamepanel.servers.serverlog import ServerLog
from gamepanel.servers.storedlife import Run

lostSeconds: Final = 60.0
"""How often it is told that a game prints faster than it can be searched."""

early: Final = frozenset({"ready"})
"""Patterns that count also for a line that is not whole: a prompt."""


class Runs(Protocol):
    """
    Which runs print into a console.

    @ivar runs: told when a run has begun, and when one is over.
    """

    runs: Hub[None]

    @property
    def run(self) -> Run | None:
        """The current run, or the last."""


class Taker:
    """
    Somebody who wants lines of a console, told of one run after the other, each from its beginning
    to its end. Of the patterns in L{names} that fit a line it is told of the first.

    @ivar names: of the patterns whose lines are wanted.
    """

    names: frozenset[str] = frozenset()

    def entered(self, run: Run) -> tuple[int, bool] | None:
        """
        A run is searched from now on.

        @return: from where on in the log lines are wanted, and whether that is in the middle of a
            line, whose rest is not; None: no line of this run.
        """

    def took(self, found: Found) -> None:
        """Here is a line that was wanted."""

    def settled(self, index: int, isInside: bool) -> None:
        """All that there is before this was searched: see L{LineSearch.settled}."""

    def caughtUp(self) -> None:
        """All that was printed by now was searched."""

    def left(self, run: Run, end: int) -> None:
        """A run is over, and all that it has printed was searched, up to this place in the log."""

    def nothingRan(self) -> None:
        """Nobody knows of a run: what was known of it was lost, if there was one."""


def patternsOf(run: Run) -> dict[str, str]:
    """All patterns of a run, by their names, in the order in which they count."""
    given = {"failed": run.failed, "ready": run.ready, **run.players}
    return {name: pattern for name, pattern in given.items() if pattern is not None}


def isAtWork(pieces: Generator[None, None, None] | None) -> bool:
    """Whether a taker calls that a search is telling of something: that ends by itself."""
    return pieces is not None and inspect.getgeneratorstate(pieces) == inspect.GEN_RUNNING


@define
class Losses:
    """Tells in a console, now and then, how much of it could not be searched."""

    _clock: IReactorTime
    _console: ServerLog
    _nextAt: float = 0.0

    def tell(self, search: LineSearch) -> None:
        """Tell what a search has left out, if that was not done just now."""
        if search.lost and self._clock.seconds() >= self._nextAt:
            self._nextAt = self._clock.seconds() + lostSeconds
            lost, search.lost = search.lost, 0
            # How many lines that were nobody knows.
            self._console.tell(f"{lost} bytes of this console came too fast to be searched.")


class ConsoleSearch:
    """
    The search in the console of one server.

    @ivar search: that in the run that is searched; None where nobody wants lines of it.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, slices: Cooperator, log: ServerLog, runs: Runs) -> None:
        """
        @param slices: searches a little at a time, so that nobody waits for a game that floods
            its console.
        """
        self.search: LineSearch | None = None
        self._slices, self._console, self._runs = slices, log, runs
        self._takers: list[Taker] = []
        self._newcomers: list[Taker] = []
        # Those who want lines of the run that is searched, and from where on.
        self._wanted: dict[Taker, int] = {}
        self._run: Run | None = None
        # Those that have begun after it, oldest first.
        self._waiting: list[Run] = []
        self._last: tuple[int, float] | None = None
        self._isOver = self._isPrinted = False
        self._earlier = -1
        self._pieces: Generator[None, None, None] | None = None
        self._task: CooperativeTask[Generator[None, None, None]] | None = None
        self._losses = Losses(clock, log)
        self._forgetGrowth: Callable[[], None] | None = None
        self._rests: Hub[None] = Hub()
        runs.runs.listen(self._runsChanged)

    # Takers come and go.

    def add(self, taker: Taker) -> None:
        """Let somebody have lines, of the run that is searched and those behind it."""
        self._takers.append(taker)
        self._newcomers.append(taker)
        self._work()

    def remove(self, taker: Taker) -> None:
        """Let somebody have no more lines."""
        for takers in (self._takers, self._newcomers):
            if taker in takers:
                takers.remove(taker)
        self._wanted.pop(taker, None)
        self._choose()
        if not self._takers:
            self._stop()

    def goOn(self, run: int) -> None:
        """
        An earlier daemon has searched the run that began at this index, not to its end. If
        another one has begun since, the rest of it is searched first.
        """
        self._earlier = run

    @property
    def isIdle(self) -> bool:
        """Whether all was searched by now."""
        return self._task is None

    @property
    def isBehind(self) -> bool:
        """Whether another run has begun than the one that is searched."""
        return bool(self._waiting)

    # Runs.

    def _runsChanged(self, event: None) -> None:
        self._note()
        if self._runs.run is None:
            for taker in list(self._takers):
                taker.nothingRan()
        self._isOver = self._isPrinted = not self._console.isOpen
        self._work()

    def _note(self) -> None:
        """Take up the newest run, if that was not known."""
        run = self._runs.run
        # One that has printed nothing ends where it has begun.
        if run is None or (run.runIndex, run.startedAt) == self._last:
            return
        if not self._takers:
            # Nobody has waited for those before it.
            self._run = None
            self._waiting.clear()
        elif self._last is None and 0 <= self._earlier < run.runIndex:
            # With which patterns that was searched is not known any more.
            self._waiting.append(replace(run, runIndex=self._earlier))
        self._last = run.runIndex, run.startedAt
        self._waiting.append(run)

    def _enter(self, run: Run) -> None:
        self._run, self.search = run, None
        self._wanted.clear()
        self._newcomers = list(self._takers)

    def _admit(self, run: Run) -> None:
        """Let those who have come have what they want of a run; between two pieces."""
        if not self._newcomers:
            return
        newcomers, self._newcomers = self._newcomers, []
        for taker in newcomers:
            place = taker.entered(run)
            if place is None:
                continue
            self._wanted[taker], isInside = place
            if self.search is None:
                patterns, index = LinePatterns({}), self._wanted[taker]
                self.search = LineSearch(
                    patterns, frozenset(), index, isInside=isInside, encoding=run.encoding
                )
            elif self._wanted[taker] < self.search.index:
                self.search.index, self.search.isInside = self.search.settled = place
        self._choose()

    def _choose(self) -> None:
        """Search for what is wanted, and for nothing else."""
        names = frozenset().union(*(taker.names for taker in self._wanted))
        given = () if self._run is None else patternsOf(self._run).items()
        patterns = tuple(item for item in given if item[0] in names)
        if not patterns:
            self.search = None
        if self.search is None:
            self._stopListening()
            return
        self.search.patterns, self.search.early = compiledOnce(patterns), names & early
        if self._forgetGrowth is None:
            self._forgetGrowth = self._console.matchers.listen(lambda _: self._work())

    def _leave(self, run: Run) -> None:
        end = self._end()
        self._run, self.search = None, None
        self._wanted.clear()
        self._stopListening()
        for taker in list(self._takers):
            taker.left(run, end)

    def _end(self) -> int:
        """Where in the log the run ends, or has come to."""
        return self._waiting[0].runIndex if self._waiting else self._console.ring.position

    # Searching.

    def _work(self) -> None:
        # What is printed meanwhile is searched, too, before that comes to its end.
        if self._task is None and self._takers and (self._run is not None or self._waiting):
            self._pieces = self._inTurn()
            self._task = self._slices.cooperate(self._pieces)
            self._task.whenDone().addErrback(self._broken)

    def _inTurn(self) -> Generator[None, None, None]:
        while self._takers:
            if self._run is None:
                if not self._waiting:
                    break
                self._enter(self._waiting.pop(0))
            run, isOver = self._run, bool(self._waiting) or self._isOver
            assert run is not None
            self._admit(run)
            if self.search is not None:
                yield from self._searching(self.search)
            if self._newcomers:
                continue
            for taker in list(self._takers):
                taker.caughtUp()
            if isOver:
                self._leave(run)
            elif not (self._waiting or self._isOver):
                break
        self._task = self._pieces = None
        self._rests.tell(None)

    def _searching(self, search: LineSearch) -> Generator[None, None, None]:
        isPrinted, settled = bool(self._waiting) or self._isPrinted, search.settled
        for found in search.pieces(self._console.ring, isPrinted, self._end):
            if found is not None:
                self._tell(found)
            elif search.settled != settled:
                for taker, index in list(self._wanted.items()):
                    if search.settled[0] >= index:
                        taker.settled(*search.settled)
                settled = search.settled
                if self._newcomers:
                    # They may want lines before this place.
                    return
            if self.search is not search:
                return
            if found is None:
                yield
        self._losses.tell(search)

    def _tell(self, found: Found) -> None:
        for taker, index in list(self._wanted.items()):
            if found.name in taker.names and found.index >= index and taker in self._wanted:
                # Other patterns may fit this line, too.
                self._wanted[taker] = found.index + 1
                taker.took(found)

    def hurry(self, seconds: float) -> None:
        """
        Search what is left, now, since the run has printed all; it is not told to be over yet.

        @param seconds: how long to search at the most. The rest is searched as always.
        """
        self._note()
        self._isPrinted = True
        if self.search is not None:
            self.search.isOver = True
        self._work()
        if self._pieces is None or isAtWork(self._pieces):
            return
        end = time.monotonic() + seconds
        try:
            for _ in self._pieces:
                if time.monotonic() > end:
                    return
        except Exception:
            self._broken(Failure())

    def finish(self, seconds: float) -> Deferred[None]:
        """
        Search what is left of a run that is over, and tell all takers that it is.

        @param seconds: how long to search at once, at the most.

        @return: fires when that is done.
        """
        self.hurry(seconds)
        return succeed(None) if self.isIdle else self._rests.next()

    def _broken(self, failure: Failure) -> None:
        if not failure.check(TaskStopped):
            self._task = None
            self._log.failure("lines can't be searched", failure)
            self._rests.tell(None)

    def _stopListening(self) -> None:
        if self._forgetGrowth is not None:
            self._forgetGrowth()
            self._forgetGrowth = None

    def _stop(self) -> None:
        # While it is at work it sees by itself that nobody is left.
        if self._task is not None and not isAtWork(self._pieces):
            self._task.stop()
            self._task = None
            self._rests.tell(None)
