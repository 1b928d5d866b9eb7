"""
The log of one server, those who follow it, and the search in it: run after run, each line once for
all who want lines of it.
"""

import inspect
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, ClassVar, Final, Protocol

from attrs import Factory, define
from msgspec.structs import replace
from twisted.internet.defer import Deferred, DeferredLock, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import CooperativeTask, Cooperator, TaskStopped
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import NoSpace, shortage
from gamepanel.base.hub import Hub
from gamepanel.base.threads import InThread
from gamepanel.base.timer import Timer
from gamepanel.console.consolefile import synchronize
from gamepanel.console.finetimer import leastRest, togetherSeconds
from gamepanel.console.inserting import Inserter
from gamepanel.console.linepatterns import LinePatterns, compiledOnce
from gamepanel.console.lines import Found, LineSearch
from gamepanel.console.linetriggers import LineTriggers
from gamepanel.console.ring import Ring
from gamepanel.disk.shortages import shortageLog
from gamepanel.servers.basics import Basics
from gamepanel.servers.events import LogGrew, ServerEvent
from gamepanel.servers.storedlife import Run

syncSeconds: Final = 1.0
"""After it has grown, a log is on the disk so long later: what a crash of the host may cost."""


@define(eq=False, repr=False)
class LogSync:
    """
    Syncs one log.

    @ivar _inThread: writes to the disk.
    @ivar _server: whose log it is.
    @ivar _directory: its directory in the state directory.
    @ivar _state: the log, and whether something can be printed into it.
    """

    _log: ClassVar[Logger] = Logger()

    _timer: Timer
    _inThread: InThread
    _server: str
    _directory: str
    _state: Callable[[], tuple[Ring, bool]]
    _disk: DeferredLock = Factory(DeferredLock)

    def soon(self) -> None:
        """The log has changed: sync it within L{syncSeconds}."""
        if not self._timer.isSet:
            self._timer.after(syncSeconds, self._due)

    def _due(self) -> None:
        ring, isOpen = self._state()
        self._sync(ring, isOpen).addErrback(self._failed)

    def beforeOpening(self) -> Deferred[Any]:
        """
        Sync it now, before a run prints into it.

        @return: fires when it is on the disk.
        """
        return self._sync(self._state()[0], True)

    def _sync(self, ring: Ring, isOpen: bool) -> Deferred[Any]:
        # One after the other, should the disk be slow.
        return self._disk.run(self._inThread, synchronize, self._directory, ring, isOpen)

    def _failed(self, failure: Failure) -> None:
        lack = shortage(failure.value) if isinstance(failure.value, OSError) else None
        if isinstance(lack, NoSpace):
            # It is tried again each second.
            shortageLog.say(lack)
            return
        self._log.error(
            "{server}: its console can't be synced: {reason}",
            server=self._server,
            reason=failure.getErrorMessage(),
        )

    def cancel(self) -> None:
        """Do nothing more by itself."""
        self._timer.cancel()


leastSeconds: Final = 0.0019
"""So long is waited at the least between telling those who watch a log that it grows; mostly."""

mostSeconds: Final = 0.005
"""So long at the most, and where nobody watches."""

tellingFactor: Final = 9
"""In between, so many times as long as it takes to tell them: it never takes all of the daemon."""

smoothing: Final = 16
"""
A longer time counts for one part of so many each time, since the processor may have been somebody
else's; a shorter one counts at once.
"""

maxNote: Final = 500
"""Characters of a line that tells of what is done."""


class ServerLog:
    """
    The log of one server.

    @ivar ring: what is in it.
    @ivar isOpen: whether something can be printed into it, since a run goes on.
    @ivar matchers: told before everybody else that there is more to look at.
    @ivar sync: lets the disk have it.
    """

    _log = Logger()

    def __init__(self, basics: Basics, ring: Ring, happens: Hub[ServerEvent]) -> None:
        self.ring = ring
        self.isOpen = False
        self.matchers: Hub[None] = Hub()
        context = basics.context
        timer = Timer(context.reactor)
        self.sync = LogSync(timer, context.threads.disk, basics.id, basics.directory, self._state)
        self._inserter: Inserter | None = None
        self._basics = basics
        self._happens = happens
        self._isDue = False
        self._nextAt = 0.0
        self._pause = mostSeconds
        self._tellingTakes = 0.0
        # Fires when it may grow; None until it had to wait for that.
        self._opened: Deferred[Any] | None = None

    def replace(self, ring: Ring) -> None:
        """Its file can be used now, and has this in it."""
        self.ring = ring

    def open(self) -> None:
        """Something can be printed into it."""
        self.isOpen = True

    def close(self) -> None:
        """Nothing more can be printed into it."""
        self.isOpen = False

    def openForNotes(self) -> None:
        """Long work tells in it what it does, although no run goes on."""
        if not self.isOpen:
            self.isOpen = True
            # From here on indexes are given out that the disk does not know of.
            self._opened = self.sync.beforeOpening()
            self._opened.addErrback(
                lambda failure: self._log.failure(
                    "{server}: its console can't be synced", failure, server=self._basics.id
                )
            )

    def note(self, text: str, about: Callable[[int], None] = lambda target: None) -> None:
        """
        Tell, on a line of its own, what long work does.

        @param about: called just before, with the index at which the console will end then.
        """
        if self._opened is None:
            self._append(text, about)
        else:
            self._opened.addCallback(lambda _: self._append(text, about))

    def _append(self, text: str, about: Callable[[int], None]) -> None:
        plain = "".join(each if each.isprintable() else " " for each in text)[:maxNote]
        last = self.ring.read(max(self.ring.position - 1, 0), 1).data
        begin = b"" if last in (b"", b"\n") else b"\n"
        line = begin + f"[gamepanel] {plain}\n".encode(errors="replace")
        about(self.ring.position + len(line))
        self.ring.append(line)
        self.grew()

    def _state(self) -> tuple[Ring, bool]:
        return self.ring, self.isOpen

    def inserter(self) -> Inserter:
        """Writes lines into it that the game does not print; few logs ever need that."""
        if self._inserter is None:
            reactor = self._basics.context.reactor
            self._inserter = Inserter(reactor, lambda: self.ring, self.grew)
        return self._inserter

    def flush(self) -> None:
        """Write what waits for the game to end its line, now."""
        if self._inserter is not None:
            self._inserter.flush()

    def grew(self) -> float:
        """
        There is more in the ring. Those who follow are told at once of the first line, and
        of what comes closely behind it after a pause.

        @return: how long the game's pipe may gather what it prints, in seconds: what is read then
            is told as soon as it is read.
        """
        self.sync.soon()
        if self._inserter is not None:
            self._inserter.grew()
        if not (self._happens or self.matchers):
            return mostSeconds
        reactor = self._basics.context.reactor
        # At the most a pause, should the clock have been set back.
        delay = min(self._nextAt - reactor.seconds(), self._pause)
        if self._isDue:
            return max(delay, 0) + self._pause
        # So much sooner it may be read again, and together with the consoles of others.
        if delay > togetherSeconds + (1 - leastRest) * self._pause:
            self._isDue = True
            reactor.callLater(delay, self._tell)
            return delay + self._pause
        self._tell()
        return self._pause

    def _tell(self) -> None:
        self._isDue = False
        seconds = self._basics.context.reactor.seconds
        begin = seconds()
        # Whoever is told may write into the log, of which is told later then.
        self._nextAt = begin + self._pause
        self.matchers.tell(None)
        self.tellPosition()
        taken, before = seconds() - begin, self._tellingTakes
        self._tellingTakes = min(taken, before + (taken - before) / smoothing)
        pause = tellingFactor * self._tellingTakes
        least = leastSeconds if self._happens else mostSeconds
        self._pause = min(max(pause, least), mostSeconds)
        self._nextAt = begin + self._pause

    def tellPosition(self) -> None:
        """Tell where the log ends now."""
        self._happens.tell(LogGrew(self.ring.position))

    def tell(self, text: str) -> None:
        """
        Write a line of the daemon's own, which no pattern is searched in.

        @param text: one line, without its end and without the mark that it gets.
        """
        self.inserter().tell(f"[gamepanel] {text}\n".encode(errors="replace"))

    def stuck(self, reason: OSError | None) -> None:
        """It can't be written to, for this reason; None when it can again."""
        if reason is None:
            self._log.info("{server}: its console can be written again", server=self._basics.id)
        else:
            self._log.error(
                "{server}: its console can't be written, so its output waits: {reason}",
                server=self._basics.id,
                reason=str(reason),
            )


lostSeconds: Final = 60.0
"""How often it is told that a game prints faster than it can be searched."""

early: Final = frozenset({"ready"})
"""Patterns that count also for a line that is not whole: a prompt."""


class Known(Protocol):
    """
    What is known of the runs that print into a console.

    @ivar run: the current one, or the last.
    """

    run: Run | None


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


savedName: Final = "saved"
"""Name of the pattern of the line by which a game says that it holds still for a backup."""


def patternsOf(run: Run) -> dict[str, str]:
    """All patterns of a run, by their names, in the order in which they count."""
    saved = None if run.quiescing is None else run.quiescing.until
    given = {"failed": run.failed, "ready": run.ready, savedName: saved, **run.players}
    return {name: pattern for name, pattern in given.items() if pattern is not None}


@define(eq=False)
class TriggerTaker(Taker):
    """
    Keeps the search of a console going for patterns of people, from when they were given on.

    @ivar triggers: these patterns.
    """

    _console: ServerLog
    triggers: LineTriggers

    def entered(self, run: Run) -> tuple[int, bool]:
        index = max(self.triggers.index, run.runIndex)
        self.triggers.index, self.triggers.chat = index, run.players.get("chat")
        before = self._console.ring.read(index - 1, 1).data if index > run.runIndex else b""
        return index, before not in (b"", b"\n")


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

    def __init__(
        self,
        clock: IReactorTime,
        slices: Cooperator,
        log: ServerLog,
        runs: Known,
        changed: Hub[None],
    ) -> None:
        """
        @param slices: searches a little at a time, so that nobody waits for a game that floods
            its console.
        @param changed: told when a run has begun, and when one is over.
        """
        self.search: LineSearch | None = None
        self._slices, self._console, self._runs = slices, log, runs
        self._takers: list[Taker] = []
        self._triggers: TriggerTaker | None = None
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
        changed.listen(self._runsChanged)

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

    def watch(self, patterns: Mapping[int, str], found: Callable[[int, str], None]) -> None:
        """
        Search for patterns of people in lines that are printed from now on, in place of those that
        were given before; a run that goes on is searched without a gap.

        @param patterns: each with a number of its own, see
            L{gamepanel.console.linetriggers.triggerPattern}; empty for none.
        @param found: called with that number and a line that the pattern fits.
        """
        if self._triggers is not None:
            self._triggers.triggers = self._triggers.triggers.replaced(patterns, found)
            if patterns:
                self._choose()
            else:
                taker, self._triggers = self._triggers, None
                self.remove(taker)
        elif patterns:
            triggers = LineTriggers(patterns, found, self._console.ring.position)
            self._triggers = TriggerTaker(self._console, triggers)
            self.add(self._triggers)

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
        triggers = self._triggers if self._triggers in self._wanted else None
        if not patterns and triggers is None:
            self.search = None
        if self.search is None:
            self._stopListening()
            return
        self.search.patterns, self.search.early = compiledOnce(patterns), names & early
        self.search.triggers = None if triggers is None else triggers.triggers
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
