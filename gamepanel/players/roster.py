"""
Who plays on one server: the roster (a value, whose times are Unix times in seconds), what of it is
not stored yet, and the watch over the console that both follow from.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from attrs import Factory, define
from msgspec import Struct
from msgspec.structs import replace
from twisted.internet.interfaces import IReactorTime

from gamepanel.base.timer import Timer
from gamepanel.console.consolefile import timesOf
from gamepanel.console.lines import Found
from gamepanel.console.times import Mark, within
from gamepanel.games.players import lineGroups
from gamepanel.servers.server import GameServer, Presence
from gamepanel.servers.serverlog import Taker
from gamepanel.servers.storedlife import Run
from gamepanel.store.events import NewEvent
from gamepanel.store.players import KnownPlayers, PlayerNews, PlayerRow, Searched, keptPlayers

perSecond: Final = 10.0
burst: Final = 100.0


@define
class Allowance:
    """
    L{perSecond} of a server, and L{burst} at once when there were few before.

    @ivar left: how many may follow at once.
    """

    left: float = burst
    _at: float = 0.0

    def take(self, at: float) -> bool:
        """
        Whether one more is allowed; from then on it counts.

        @param at: when it happened, Unix time in seconds. Where that is earlier than the last
            one, since somebody has set the clock back, nothing is added.
        """
        self.left = min(self.left + max(at - self._at, 0.0) * perSecond, burst)
        self._at = at
        if self.left < 1:
            return False
        self.left -= 1
        return True


maxThere: Final = 1000
"""So many can be there; a player who comes then is not noticed, since a game must have gone mad."""

wholeMissing: Final = 2
"""Who is missing in so many answers in a row that name as many as play has gone."""

partMissing: Final = 8
"""
Likewise, where an answer names fewer than play: some have no name yet, or not all names were kept.
"""

maxNameCharacters: Final = 256
"""Longer names are cut."""


class Happening(Struct, frozen=True):
    """
    Something that players did.

    @ivar kind: a word of the contract.
    @ivar at: when.
    @ivar data: as the contract has it for this kind.
    """

    kind: str
    at: float
    data: Mapping[str, Any] = {}


class Answer(Struct, frozen=True):
    """
    What a game has answered.

    @ivar online: how many play.
    @ivar max: how many can; None when it does not say.
    @ivar names: who plays, if that is all of them; None when nobody can tell.
    @ivar asked: when it was asked.
    @ivar at: when the answer came.
    """

    online: int
    max: int | None
    names: Sequence[str] | None
    asked: float
    at: float


@define
class _There:
    """
    @ivar since: when they came.
    @ivar missing: how many answers in a row have not named them that should have.
    """

    since: float
    missing: int = 0


@define
class Roster:
    """
    Who is there on one server.

    @ivar there: those who are, in the order in which they came.
    """

    there: dict[str, _There] = Factory(dict)
    _gone: dict[str, float] = Factory(dict)
    _answer: Answer | None = None
    _knowsNames: bool = False
    _linesTell: bool = False
    _at: float = 0.0

    def began(self, at: float, linesTell: bool) -> None:
        """
        A run goes on.

        @param at: when it began.
        @param linesTell: whether its lines say who is there.
        """
        self._answer, self._knowsNames, self._linesTell = None, linesTell, linesTell
        self._gone.clear()
        self._at = max(at, *(each.since for each in self.there.values()), at)

    def restore(self, name: str, since: float) -> None:
        """Somebody was there when the daemon went away."""
        self.there[name] = _There(since)

    def joined(self, name: str, at: float) -> Sequence[Happening]:
        """A line says that somebody has come."""
        name = name[:maxNameCharacters]
        if not name or name in self.there or len(self.there) >= maxThere:
            return ()
        self.there[name] = _There(at)
        self._gone.pop(name, None)
        self._at = at
        return (Happening("player_joined", at, {"name": name}),)

    def left(self, name: str, at: float) -> Sequence[Happening]:
        """A line says that somebody has gone."""
        name = name[:maxNameCharacters]
        if self.there.pop(name, None) is None:
            return ()
        self._hasGone(name, at)
        self._at = at
        gone = Happening("player_left", at, {"name": name})
        return (gone,) if self.there else (gone, Happening("emptied", at))

    def renamed(self, name: str, to: str, at: float) -> Sequence[Happening]:
        """A line says that somebody has another name: one goes, and another one comes."""
        if name[:maxNameCharacters] not in self.there:
            return ()
        gone, *emptied = self.left(name, at)
        return (gone, *(self.joined(to, at) or emptied))

    def _hasGone(self, name: str, at: float) -> None:
        self._gone.pop(name, None)
        self._gone[name] = at
        if len(self._gone) > maxThere:
            del self._gone[next(iter(self._gone))]

    def said(self, name: str, text: str, at: float) -> Sequence[Happening]:
        """A console line is what somebody says: a chat event, if the speaker has a name."""
        name = name[:maxNameCharacters]
        return (Happening("chat", at, {"name": name, "text": text}),) if name else ()

    def ended(self, at: float) -> Sequence[Happening]:
        """The run is over: nobody is there any more."""
        gone = tuple(Happening("player_left", at, {"name": name}) for name in self.there)
        self.there.clear()
        self._gone.clear()
        self._answer = None
        return gone

    def answered(self, answer: Answer) -> Sequence[Happening]:
        """The game has answered a query. Where lines say who is there it only says how many can."""
        before = self.presence
        self._answer, self._at = answer, max(self._at, answer.at)
        if answer.names is not None:
            self._knowsNames = True
            return self._named(answer, answer.names)
        now = self.presence
        if before is not None and before.online and now is not None and not now.online:
            return (Happening("emptied", answer.at),)
        return ()

    def _named(self, answer: Answer, names: Sequence[str]) -> Sequence[Happening]:
        named = {name[:maxNameCharacters] for name in names}
        happened: list[Happening] = []
        for name in names:
            # It may have been asked before they went.
            if self._gone.get(name[:maxNameCharacters], answer.asked - 1) < answer.asked:
                happened += self.joined(name, answer.at)
        isWhole = len(names) >= answer.online
        for name, there in list(self.there.items()):
            if name in named:
                there.missing = 0
            elif (isWhole or not self._linesTell) and answer.asked > there.since:
                there.missing += 1
                if there.missing >= (wholeMissing if isWhole else partMissing):
                    happened += self.left(name, answer.at)
        self._gone = {name: at for name, at in self._gone.items() if at >= answer.asked}
        return happened

    @property
    def presence(self) -> Presence | None:
        """How many are there, and who; None when that is not known."""
        answer = self._answer
        most = None if answer is None else answer.max
        if self._knowsNames:
            online = len(self.there)
            if answer is not None and answer.names is not None:
                # Without those who were not named it would be too few.
                online = max(online, answer.online) if len(answer.names) < answer.online else online
            return Presence(online, most, tuple(self.there), self._at)
        return None if answer is None else Presence(answer.online, most, None, self._at)


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
        self._telling = Timer(means.clock)
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
        if not self._telling.isSet:
            self._tellBy = now + longestSeconds
            self._telling.after(droppedSeconds, self._tellDropped)
        else:
            self._telling.reset(max(min(droppedSeconds, self._tellBy - now), 0))

    def _tellDropped(self) -> None:
        self._addDropped()
        if self._isWhole:
            self.hand()

    def _addDropped(self) -> None:
        """Tell how many events were dropped, now."""
        self._telling.cancel()
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
        self._telling.cancel()


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
