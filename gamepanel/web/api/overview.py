"""
What is told of servers, kept as bytes until something of it changes: of one, or of all at a glance.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from attrs import Factory, define
from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.task import Cooperator
from twisted.python.failure import Failure

from gamepanel.accounts.rights import Person
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.servers.view import Trace, traceOf
from gamepanel.web.api.render import statusOf, summaryOf
from gamepanel.web.http.request import Encoded

_encode: Final = msgspec.json.Encoder().encode


@define
class Pieces:
    """
    What is told of each server, encoded once.

    @ivar _render: what is to be told.
    @ivar trace: equal as long as that stays.
    """

    _render: Callable[[GameServer], Struct]
    trace: Callable[[GameServer], Trace]
    _kept: "WeakKeyDictionary[GameServer, tuple[Trace, Encoded]]" = Factory(WeakKeyDictionary)

    def of(self, server: GameServer) -> Encoded:
        """What is to be told of a server now; the very same object as long as that stays."""
        trace, kept = self.trace(server), self._kept.get(server)
        if kept is None or kept[0] != trace:
            kept = self._kept[server] = trace, Encoded(_encode(self._render(server)))
        return kept[1]

    def renew(self, server: GameServer) -> bool:
        """See to it that it is encoded; tells whether it was not."""
        before = self._kept.get(server)
        self.of(server)
        return before is not self._kept.get(server)


def _summaryTrace(server: GameServer) -> Trace:
    return server.id, server.creation, server.status, server.basics.appearance, server.players


def statuses() -> Pieces:
    """What C{server_status} tells of each server: how long it runs may be a second old."""
    return Pieces(statusOf, traceOf)


def summaries() -> Pieces:
    """What C{server_list} tells of each server."""
    return Pieces(summaryOf, _summaryTrace)


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
    """

    _directory: Directory
    _slices: Cooperator
    _pieces: Pieces
    _waiting: list[Deferred[Any]] = Factory(list)
    _looking: bool = False
    _last: Glance = Factory(lambda: Glance({}, []))

    def answer(self, person: Person) -> Deferred[Encoded]:
        """
        Ask for the answer to this person.

        @return: fires with it; whoever asks in the same turn shares the look at all servers.
        """
        waiting: Deferred[Any] = Deferred()
        self._waiting.append(waiting)
        if not self._looking:
            self._looking = True
            self._slices.coiterate(self._renew()).addBoth(self._renewed)
        return waiting.addCallback(Glance.visibleTo, person)

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
