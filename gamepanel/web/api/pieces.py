"""
What is told of each server, as bytes that are kept until something of it changes.
"""

from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

import msgspec
from attrs import Factory, define
from msgspec import Struct

from gamepanel.servers.server import GameServer
from gamepanel.servers.view import Trace, traceOf
from gamepanel.web.api.render import statusOf, summaryOf
from gamepanel.web.http.answering import Encoded

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
    return server.id, server.creation, server.status, server.appearance, server.players


def statuses() -> Pieces:
    """What C{server_status} tells of each server: how long it runs may be a second old."""
    return Pieces(statusOf, traceOf)


def summaries() -> Pieces:
    """What C{server_list} tells of each server."""
    return Pieces(summaryOf, _summaryTrace)
