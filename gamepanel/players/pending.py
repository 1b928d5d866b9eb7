"""
What was found of one server's players and is yet to be stored.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from gamepanel.players.rate import Allowance
from gamepanel.players.roster import Happening
from gamepanel.store.events import NewEvent
from gamepanel.store.players import KnownPlayers, PlayerNews, PlayerRow, Searched, keptPlayers

noteSeconds: Final = 300.0
"""How often it is noted how far was searched, where nothing was found."""

floodSeconds: Final = 1.0
"""While events are dropped, what happens is stored so often."""

droppedSeconds: Final = 2.0
"""When no event was dropped for so long, it is told how many were."""

longestSeconds: Final = 60.0
"""It is told so long after the first one in any case."""

maxRows: Final = 4 * keptPlayers
"""So many players of whom there was news wait at the most, beside those who were there."""


nobody: Final[frozenset[str]] = frozenset()


class Sink(Protocol):
    """Where news go; see L{gamepanel.events.journal.Journal}."""

    @property
    def isFull(self) -> bool:
        """Whether so much waits that nothing should be added."""

    def take(self, news: PlayerNews) -> None:
        """Something was found."""


class Means(Struct, frozen=True):
    """
    What is needed to follow who plays.

    @ivar now: Unix time in seconds.
    """

    clock: IReactorTime
    sink: Sink
    now: Callable[[], float]


class Pending:
    """
    What was found of one server's players and is yet to be stored, and how far was searched for
    that.

    @ivar searched: all before that is either stored or among this.
    """

    def __init__(
        self, server: str, creation: int, means: Means, known: KnownPlayers | None
    ) -> None:
        """
        @param server: its id.
        @param known: what is stored.
        """
        self.searched = Searched(-1, 0) if known is None else known.searched
        self._server = server
        self._creation = creation
        self._means = means
        self._allowance = Allowance()
        self._events: list[NewEvent] = []
        self._rows: dict[str, PlayerRow] = {}
        self._there = nobody if known is None else frozenset(row.name for row in known.there)
        self._handed, self._handedAt = self.searched, means.clock.seconds()
        self._isWhole = True
        self._telling: IDelayedCall | None = None
        self._tellBy = 0.0
        if self.searched.dropped:
            self._tellLater()

    def take(self, happened: Sequence[Happening], isWhole: bool = False) -> None:
        """
        Something has happened.

        @param isWhole: whether this is all up to what was searched; else L{settle} will tell.
        """
        self._isWhole = isWhole
        for each in happened:
            name = each.data.get("name", "")
            if each.kind in ("player_joined", "player_left"):
                since = each.at if each.kind == "player_joined" else None
                # Those of whom there is news come last.
                self._rows.pop(name, None)
                self._rows[name] = PlayerRow(name, since, each.at)
                if len(self._rows) > maxRows:
                    self._forgetRows()
            if not self._means.sink.isFull and self._allowance.take(each.at):
                self._events.append(self._event(each))
            else:
                self.searched = replace(self.searched, dropped=self.searched.dropped + 1)
                self._tellLater()

    def _event(self, happened: Happening) -> NewEvent:
        about = (self._server, self._creation, happened.kind, happened.data)
        return NewEvent(happened.at, *about, isCrowd=True)

    def _forgetRows(self) -> None:
        """Of those who came and went since it was last stored only the newest count."""
        stored = {
            name: row
            for name, row in self._rows.items()
            if row.since is not None or name in self._there
        }
        rest = [item for item in self._rows.items() if item[0] not in stored]
        self._rows = {**stored, **dict(rest[-keptPlayers:])}

    def _tellLater(self) -> None:
        now = self._means.clock.seconds()
        if self._telling is None:
            self._tellBy = now + longestSeconds
            self._telling = self._means.clock.callLater(droppedSeconds, self._tellDropped)
        else:
            self._telling.reset(max(min(droppedSeconds, self._tellBy - now), 0))

    def _tellDropped(self) -> None:
        self._addDropped()
        if self._isWhole:
            self.hand()

    def _addDropped(self) -> None:
        """Tell how many events were dropped, now."""
        if self._telling is not None and self._telling.active():
            self._telling.cancel()
        self._telling = None
        if self.searched.dropped:
            data = {"count": self.searched.dropped}
            self._events.append(self._event(Happening("dropped", self._means.now(), data)))
            self.searched = replace(self.searched, dropped=0)

    def over(self, index: int) -> None:
        """A run is over, and all of it was taken: let all be stored before its end is told."""
        self._addDropped()
        self.settle(index)
        self.hand()

    def moved(self, run: int) -> None:
        """Another run is searched, from its beginning, which is at this index."""
        self.searched = Searched(run, run, False, self.searched.dropped)

    def settle(self, index: int, isInside: bool = False) -> None:
        """
        All that there is before this index was taken.

        @param isInside: whether that is in the middle of a line, whose rest is not looked at.
        """
        self.searched = replace(self.searched, index=index, isInside=isInside)
        self._isWhole = True
        apart = noteSeconds
        if self._events or self._rows:
            # One that floods its console with players is not let flood the store, too.
            apart = floodSeconds if self.searched.dropped else 0.0
        if self._means.clock.seconds() - self._handedAt >= apart:
            self.hand()

    def hand(self) -> None:
        """Let all be stored that is not yet."""
        if not self._events and not self._rows and self.searched == self._handed:
            return
        rows = tuple(self._rows.values())
        news = PlayerNews(self._creation, self.searched, self._events, rows)
        came = {row.name for row in rows if row.since is not None}
        self._there = (self._there | came).difference(row.name for row in rows if row.since is None)
        self._events, self._rows, self._handed = [], {}, self.searched
        self._handedAt = self._means.clock.seconds()
        self._means.sink.take(news)

    def end(self) -> None:
        """
        Let all be stored for the last time. What was taken and not settled is left out: it is
        found again.
        """
        if self._isWhole:
            self.hand()
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
