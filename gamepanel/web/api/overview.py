"""
The status of all servers, worked off in slices so that nothing else waits for it.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from attrs import Factory, define
from twisted.internet.defer import Deferred
from twisted.internet.task import Cooperator

from gamepanel.accounts.rights import Person
from gamepanel.errors import NoSuchServer
from gamepanel.servers.directory import Directory
from gamepanel.web.api.render import statusOf
from gamepanel.web.http.answering import Encoded

_encode: Final = msgspec.json.Encoder().encode

Pieces = dict[str, bytes]
"""The encoded status of each server, by id."""


@define
class Overview:
    """
    Looks at all servers, once for all clients that ask at the same time.

    A client that asks while a look is under way gets the next one: an answer never
    tells of a time before its question.
    """

    _directory: Directory
    _slices: Cooperator
    _waiting: list[Deferred[Pieces]] = Factory(list)
    _looking: bool = False

    async def encoded(self, person: Person) -> Encoded:
        """The answer of C{server_status} to this person."""
        await self._directory.count()
        waiting: Deferred[Pieces] = Deferred()
        self._waiting.append(waiting)
        self._look()
        pieces = await waiting
        visible = (piece for id, piece in pieces.items() if person.maySee(id))
        return Encoded(b'{"servers":[' + b",".join(visible) + b"]}")

    def _look(self) -> None:
        if self._looking or not self._waiting:
            return
        self._looking = True
        asked, self._waiting = self._waiting, []
        pieces: Pieces = {}
        looked = self._slices.coiterate(self._take(pieces))
        looked.addBoth(lambda result: self._looked(result, pieces, asked))

    def _take(self, pieces: Pieces) -> Iterator[None]:
        for server in self._directory.all():
            try:
                self._directory.find(server.id)
            except NoSuchServer:
                continue
            pieces[server.id] = _encode(statusOf(server))
            yield

    def _looked(self, result: object, pieces: Pieces, asked: list[Deferred[Pieces]]) -> None:
        self._looking = False
        for waiting in asked:
            waiting.callback(pieces)
        self._look()
