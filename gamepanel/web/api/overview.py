"""
All servers at a glance, worked off in slices so that nothing else waits for it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from attrs import Factory, define
from twisted.internet.defer import Deferred
from twisted.internet.task import Cooperator
from twisted.python.failure import Failure

from gamepanel.accounts.rights import Person
from gamepanel.servers.directory import Directory
from gamepanel.servers.view import Trace
from gamepanel.web.api.pieces import Pieces
from gamepanel.web.http.answering import Encoded


@define
class Glance:
    """
    What was told of all servers at one moment.

    @ivar pieces: of each server, by id.
    @ivar traces: equal as long as that stays.
    """

    pieces: dict[str, Encoded]
    traces: list[Trace]
    _whole: Encoded | None = None

    def visibleTo(self, person: Person) -> Encoded:
        """What this person may be told."""
        if not person.admin:
            return _joined(piece for id, piece in self.pieces.items() if person.maySee(id))
        if self._whole is None:
            self._whole = _joined(iter(self.pieces.values()))
        return self._whole


def _joined(pieces: Iterator[Encoded]) -> Encoded:
    return Encoded(b'{"servers":[' + b",".join(pieces) + b"]}")


@define
class Overview:
    """
    Looks at all servers, once for all clients that ask at the same time.

    Servers of which nothing has changed cost little. What has changed is encoded in slices, and
    then all is looked at once more, in one go: an answer is as of its moment, and tells of no
    time before its question.

    Those who ask in one and the same turn of the reactor are answered by one look: all of them
    have asked before it, and nobody outside can know yet what that turn has changed.
    """

    _directory: Directory
    _slices: Cooperator
    _pieces: Pieces
    _later: Callable[[Callable[[], None]], object]
    _isOfThisTurn: bool = False
    _waiting: list[Deferred[Any]] = Factory(list)
    _looking: bool = False
    _last: Glance = Factory(lambda: Glance({}, []))

    def atOnce(self, person: Person) -> Encoded | None:
        """The answer to this person, if nothing has to be encoded for it."""
        if not self._isOfThisTurn:
            if self._looking or self._traces() != self._last.traces:
                return None
            self._isOfThisTurn = True
            self._later(self._turnIsOver)
        return self._last.visibleTo(person)

    def _turnIsOver(self) -> None:
        self._isOfThisTurn = False

    async def encoded(self, person: Person) -> Encoded:
        """The answer to this person."""
        waiting: Deferred[Any] = Deferred()
        self._waiting.append(waiting)
        if not self._looking:
            self._looking = True
            self._slices.coiterate(self._renew()).addBoth(self._renewed)
        glance: Glance = await waiting
        return glance.visibleTo(person)

    def _renew(self) -> Iterator[None]:
        if self._traces() == self._last.traces:
            return
        for server in self._directory.all():
            # One that was destroyed since has no log to look at.
            if self._directory.has(server) and self._pieces.renew(server):
                yield
        pieces = {server.id: self._pieces.of(server) for server in self._directory.all()}
        self._last = Glance(pieces, self._traces())

    def _traces(self) -> list[Trace]:
        return list(map(self._pieces.trace, self._directory.all()))

    def _renewed(self, result: object) -> None:
        self._looking = False
        asked, self._waiting = self._waiting, []
        for waiting in asked:
            waiting.callback(result if isinstance(result, Failure) else self._last)
