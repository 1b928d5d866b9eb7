"""
A server's log and status as Server-Sent Events.
"""

from typing import Any, Final
from weakref import WeakValueDictionary

import msgspec
from attrs import Factory, define, field
from msgspec import Struct
from twisted.internet.defer import Deferred

from gamepanel.servers.events import Destroyed, Leaving, LogGrew, ServerEvent, StatusChanged
from gamepanel.servers.server import GameServer
from gamepanel.web.api.log import chunkOf
from gamepanel.web.api.render import statusOf
from gamepanel.web.api.sse import OpenStreams, Stream
from gamepanel.web.endpoint import Call
from gamepanel.web.http.shared import SharedPiece

eventBytes: Final = 65536
"""Of the log, at the most, in one event."""

_encode: Final = msgspec.json.Encoder().encode


class _LogEvent(Struct, frozen=True):
    """
    An event as it is sent.

    @ivar key: index it begins at, end of the log, and whether the run had ended.
    @ivar next: index to go on from.
    @ivar data: all of it; empty where there is nothing to tell.
    """

    key: tuple[int, int, bool]
    next: int
    data: SharedPiece


_nothing: Final = SharedPiece(b"")

_noEvent: Final = _LogEvent((-1, -1, False), -1, _nothing)


def _logEvent(server: GameServer, key: tuple[int, int, bool]) -> _LogEvent:
    chunk = chunkOf(server, key[0], eventBytes, "utf-8")
    if chunk.nextReadIndex == chunk.oldReadIndex == key[0]:
        return _LogEvent(key, key[0], _nothing)
    data = b"event: log\nid: %d\ndata: %s\n\n" % (chunk.nextReadIndex, _encode(chunk))
    return _LogEvent(key, chunk.nextReadIndex, SharedPiece(data))


@define(eq=False)
class Tail:
    """
    The end of one server's log, for all streams of it.

    Those who follow the same log mostly want the same event, so the last one is encoded once
    for all.
    """

    _server: GameServer
    _last: _LogEvent = _noEvent

    def event(self, start: int) -> _LogEvent:
        """The next event from an index on."""
        key = (start, self._server.ring.position, self._server.logEnded)
        if key[0] == key[1]:
            # Mostly so after an event: the last one is kept for the next stream that wants it.
            return _LogEvent(key, start, _nothing)
        if self._last.key != key:
            self._last = _logEvent(self._server, key)
        return self._last


@define(eq=False)
class Streams:
    """
    Streams of logs.
    """

    _streams: OpenStreams
    # For as long as a stream has them.
    _tails: "WeakValueDictionary[GameServer, Tail]" = Factory(WeakValueDictionary)

    def open(self, call: Call[Any], server: GameServer, start: int) -> Deferred[bytes]:
        """
        Begin to send.

        @param start: index to begin at.

        @return: see L{OpenStreams.open}.
        """
        tail = self._tails.get(server)
        if tail is None:
            tail = self._tails[server] = Tail(server)
        return self._streams.open(
            call, LogStream(self._streams, call, tail=tail, server=server, index=start)
        )


@define(eq=False)
class LogStream(Stream):
    """
    The log and the status of one server, for one client.
    """

    _tail: Tail = field(kw_only=True)
    _server: GameServer = field(kw_only=True)
    _index: int = field(kw_only=True)

    def listen(self) -> None:
        """See L{Stream}."""
        self.undo.append(self._server.happens.listen(self._told))

    def isStillAllowed(self) -> bool:
        """See L{Stream}."""
        return self._call.maySee(self._server.id)

    def catchUp(self) -> None:
        """See L{Stream}."""
        self._sendStatus()
        self._sendLog()

    def _told(self, event: ServerEvent) -> None:
        match event:
            # By far the most, so first.
            case LogGrew():
                self._sendLog()
            case StatusChanged() if not self.paused:
                self._sendLog()
                self._sendStatus()
            case Destroyed():
                self.end()
            case Leaving():
                self.close()

    def _sendStatus(self) -> None:
        self.write(b"event: status\ndata: %s\n\n" % _encode(statusOf(self._server)))

    def _sendLog(self) -> None:
        while not self.paused:
            event = self._tail.event(self._index)
            if event.next == self._index:
                return
            self._index = event.next
            self._request.writeShared(event.data)
            if event.next == event.key[1]:
                return
