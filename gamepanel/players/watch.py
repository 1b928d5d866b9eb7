"""
Follows who plays on one server: searches what its game prints, and takes what it answers.
"""

from bisect import bisect_right
from collections.abc import Sequence

from gamepanel.console.consolefile import timesOf
from gamepanel.console.lines import Found
from gamepanel.console.times import Mark, within
from gamepanel.games.players import lineGroups
from gamepanel.players.pending import Means, Pending
from gamepanel.players.roster import Answer, Roster
from gamepanel.servers.search import Taker
from gamepanel.servers.server import GameServer
from gamepanel.servers.storedlife import Run
from gamepanel.store.players import KnownPlayers


class Watch(Taker):
    """
    Follows who plays on one server: takes what the search in its console finds of players.

    What was found and how far was searched for it go to be stored together. So, whenever the
    daemon is killed, the next one goes on where the stored part of the console ends.

    @ivar roster: who is there.
    """

    names = frozenset(lineGroups)

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
        self._run: Run | None = None
        self._marks: Sequence[Mark] = ()
        self._marksEnd = 0
        server.search.goOn(self._pending.searched.run)
        server.search.add(self)

    # What is searched: see L{Taker}.

    def nothingRan(self) -> None:
        if self._server.unusable is None and self._run is None and self.roster.there:
            self._pending.take(self.roster.ended(self._means.now()), isWhole=True)
            self._pending.hand()

    def entered(self, run: Run) -> tuple[int, bool] | None:
        self._run = run
        ring, searched = self._server.ring, self._pending.searched
        index, isInside = min(searched.index, ring.position), searched.isInside
        if searched.run != run.runIndex:
            self._pending.take(self.roster.ended(self._means.now()), isWhole=True)
            self._pending.moved(run.runIndex)
            index, isInside = run.runIndex, False
        self.roster.began(run.startedAt, {"join", "leave"} <= run.players.keys())
        if not run.players:
            return None
        if index < ring.position:
            # That was printed before anybody looked.
            marks, end = timesOf(self._server.directory).marks(), ring.position
            self._marks, self._marksEnd = within(marks, index, end), end
        return index, isInside

    def took(self, found: Found) -> None:
        at, name = self._at(found.index), found.groups["name"]
        if found.name == "join":
            self._pending.take(self.roster.joined(name, at))
        elif found.name == "leave":
            self._pending.take(self.roster.left(name, at))
        elif found.name == "rename":
            self._pending.take(self.roster.renamed(name, found.groups["to"], at))
        else:
            self._pending.take(self.roster.said(name, found.groups["text"], at))

    def _at(self, index: int) -> float:
        """When a line was printed, Unix time in seconds."""
        if index >= self._marksEnd or not self._marks:
            return self._means.now()
        place = bisect_right(self._marks, index, key=lambda mark: mark[0])
        return self._marks[max(place - 1, 0)][1]

    def settled(self, index: int, isInside: bool) -> None:
        self._pending.settle(index, isInside)
        self._show()

    def caughtUp(self) -> None:
        # What comes now is read now; there can be thousands of them.
        self._marks = ()
        self._show()

    def left(self, run: Run, end: int) -> None:
        at, ended = self._means.now(), self._server.endedAt
        if not self._server.search.isBehind and ended is not None:
            at = max(ended, run.startedAt)
        self._pending.take(self.roster.ended(at))
        self._run = None
        self._pending.over(end)
        self._server.show(None)

    # Queries.

    def answered(self, answer: Answer) -> None:
        """The game has answered a query."""
        isOpen = not self._server.logEnded or self._server.unusable is not None
        search = self._server.search
        if self._run is None or search.isBehind or not isOpen:
            return
        self._pending.take(self.roster.answered(answer), isWhole=search.isIdle)
        if search.isIdle:
            self._pending.hand()
        self._show()

    def _show(self) -> None:
        self._server.show(self.roster.presence)

    # The end.

    def end(self) -> None:
        """Follow no more; what is known goes to be stored."""
        self._server.search.remove(self)
        self._pending.end()
