"""
Follows who plays on one server: searches what its game prints, and takes what it answers.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from msgspec.structs import replace
from twisted.internet.task import CooperativeTask, TaskStopped
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.games.linepatterns import LinePatterns
from gamepanel.players.pending import Means, Pending
from gamepanel.players.roster import Answer, Roster
from gamepanel.servers.files.layout import timesOf
from gamepanel.servers.files.life import Run
from gamepanel.servers.log.lines import Found, LineSearch
from gamepanel.servers.log.times import Mark, within
from gamepanel.servers.server import GameServer
from gamepanel.store.players import KnownPlayers

lostSeconds: Final = 60.0
"""How often it is told that a game prints faster than it can be searched."""


@lru_cache(256)
def _compiled(patterns: tuple[tuple[str, str], ...]) -> LinePatterns:
    # Servers of one type share them.
    return LinePatterns(dict(patterns))


class Watch:
    """
    Follows who plays on one server.

    What was found and how far was searched for it go to be stored together. So, whenever the
    daemon is killed, the next one goes on where the stored part of the console ends.

    @ivar roster: who is there.
    """

    def __init__(self, server: GameServer, means: Means, known: KnownPlayers | None) -> None:
        """
        @param known: what an earlier daemon has stored.
        """
        self.roster = Roster()
        for row in () if known is None else known.there:
            self.roster.restore(row.name, row.since or row.lastSeen)
        self._server = server
        self._means = means
        self._pending = Pending(server.id, server.creation, means, known)
        self._log = Logger()
        # Those that were begun, oldest first; the one that is searched is not among them.
        self._runs: deque[Run] = deque()
        self._lastRun: tuple[int, float] | None = None
        self._run: Run | None = None
        self._search: LineSearch | None = None
        self._task: CooperativeTask[Iterator[None]] | None = None
        self._marks: Sequence[Mark] = ()
        self._marksEnd = 0
        self._tellLostAt = 0.0
        self._forgetGrowth: Callable[[], None] | None = None
        self._forgetRuns = server.runs.listen(lambda _: self._noteRun())

    # Runs.

    def _noteRun(self) -> None:
        run, isFirst = self._server.run, self._lastRun is None
        if run is None:
            self._noteNone()
        elif (run.runIndex, run.startedAt) != self._lastRun:
            # One that has printed nothing ends where it has begun.
            self._lastRun = run.runIndex, run.startedAt
            earlier = self._pending.searched.run
            if isFirst and 0 <= earlier < run.runIndex:
                # An earlier daemon has not searched it to its end. With which patterns is not
                # known any more.
                self._runs.append(replace(run, runIndex=earlier))
            self._runs.append(run)
        self._work()

    def _noteNone(self) -> None:
        """Nobody knows of a run: what was known of it was lost, if there was one."""
        if self._server.unusable is None and self._run is None and self.roster.there:
            self._pending.take(self.roster.ended(self._means.now()), isWhole=True)
            self._pending.hand()

    def _enter(self, run: Run) -> None:
        self._run = run
        ring, searched = self._server.ring, self._pending.searched
        index, isInside = min(searched.index, ring.position), searched.isInside
        if searched.run != run.runIndex:
            self._pending.take(self.roster.ended(self._means.now()), isWhole=True)
            self._pending.moved(run.runIndex)
            index, isInside = run.runIndex, False
        if run.players:
            patterns = _compiled(tuple(run.players.items()))
            self._search = LineSearch(
                *(patterns, frozenset(), index), isInside=isInside, encoding=run.encoding
            )
            if index < ring.position:
                # That was printed before anybody looked.
                marks, end = timesOf(self._server.directory).marks(), ring.position
                self._marks, self._marksEnd = within(marks, index, end), end
            self._forgetGrowth = self._server.log.matchers.listen(lambda _: self._work())
        self.roster.began(run.startedAt, {"join", "leave"} <= run.players.keys())

    def _leave(self, run: Run) -> None:
        """A run is over, and all that it has printed was searched."""
        at, ended = self._means.now(), self._server.status.ended
        if not self._runs and ended is not None:
            at = max(ended.at, run.startedAt)
        self._pending.take(self.roster.ended(at))
        self._run, self._search = None, None
        self._stopListening()
        self._pending.settle(self._limit())
        self._pending.hand()
        self._server.show(None)

    def _limit(self) -> int:
        """Where in the log the run ends, or has come to."""
        return self._runs[0].runIndex if self._runs else self._server.ring.position

    @property
    def _isOver(self) -> bool:
        isOpen = not self._server.logEnded or self._server.unusable is not None
        return bool(self._runs) or not isOpen

    # Searching.

    def _work(self) -> None:
        # What is printed meanwhile is searched, too, before that comes to its end.
        if self._task is None:
            self._task = self._means.slices.cooperate(self._pieces())
            self._task.whenDone().addErrback(self._broken)

    def _pieces(self) -> Iterator[None]:
        while True:
            if self._run is None:
                if not self._runs:
                    break
                self._enter(self._runs.popleft())
            run, isOver = self._run, self._isOver
            assert run is not None
            if self._search is not None:
                yield from self._searching(self._search, isOver)
            self._show()
            if isOver:
                self._leave(run)
            elif not self._isOver:
                break
        self._task = None

    def _searching(self, search: LineSearch, isOver: bool) -> Iterator[None]:
        settled = search.settled
        for found in search.pieces(self._server.ring, isOver, self._limit):
            if found is not None:
                self._found(found)
                continue
            if search.settled != settled:
                settled = search.settled
                self._pending.settle(*settled)
                self._show()
            yield
        # What comes now is read now; there can be thousands of them.
        self._marks = ()
        self._tellLost(search)

    def _found(self, found: Found) -> None:
        at, name = self._at(found.index), found.groups["name"]
        if found.name == "join":
            self._pending.take(self.roster.joined(name, at))
        elif found.name == "leave":
            self._pending.take(self.roster.left(name, at))
        else:
            self._pending.take(self.roster.said(name, found.groups["text"], at))

    def _at(self, index: int) -> float:
        """When a line was printed, Unix time in seconds."""
        if index >= self._marksEnd or not self._marks:
            return self._means.now()
        place = bisect_right(self._marks, index, key=lambda mark: mark[0])
        return self._marks[max(place - 1, 0)][1]

    def _broken(self, failure: Failure) -> None:
        if not failure.check(TaskStopped):
            self._task = None
            self._log.failure(
                "{server}: players can't be followed", failure, server=self._server.id
            )

    def _tellLost(self, search: LineSearch) -> None:
        if search.lost and self._means.clock.seconds() >= self._tellLostAt:
            self._tellLostAt = self._means.clock.seconds() + lostSeconds
            lost, search.lost = search.lost, 0
            self._server.log.tell(
                f"{lost} bytes of this console came too fast to be searched for players."
            )

    # Queries.

    def answered(self, answer: Answer) -> None:
        """The game has answered a query."""
        if self._run is None or self._isOver:
            return
        self._pending.take(self.roster.answered(answer), isWhole=self._task is None)
        if self._task is None:
            self._pending.hand()
        self._show()

    def _show(self) -> None:
        self._server.show(self.roster.presence)

    # The end.

    def _stopListening(self) -> None:
        if self._forgetGrowth is not None:
            self._forgetGrowth()
            self._forgetGrowth = None

    def end(self) -> None:
        """Follow no more; what is known goes to be stored."""
        self._forgetRuns()
        self._stopListening()
        if self._task is not None:
            self._task.stop()
            self._task = None
        self._pending.end()
