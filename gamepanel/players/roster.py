"""
Who is there: what follows for that from what a game prints and answers. Values only: no clock, no
files; all times are Unix times in seconds.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import Factory, define
from msgspec import Struct

from gamepanel.servers.presence import Presence

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
