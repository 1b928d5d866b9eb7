"""
A server's log and status as Server-Sent Events.
"""

from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from attrs import Factory, define, field, frozen
from twisted.internet.defer import Deferred

from gamepanel.servers.events import Destroyed, Leaving, ServerEvent, StatusChanged
from gamepanel.servers.server import GameServer
from gamepanel.web.api.log import chunkOf
from gamepanel.web.api.render import statusOf
from gamepanel.web.api.sse import OpenStreams, Stream
from gamepanel.web.endpoint import Call

eventBytes: Final = 65536
"""Of the log, at the most, in one event."""

_encode: Final = msgspec.json.Encoder().encode


@frozen
class _LogEvent:
    """
    An event as it is sent.

    @ivar key: index it begins at, end of the log, and whether the run had ended.
    @ivar next: index to go on from.
    """

    key: tuple[int, int, bool]
    next: int
    data: bytes


def _logEvent(server: GameServer, key: tuple[int, int, bool]) -> _LogEvent:
    chunk = chunkOf(server, key[0], eventBytes, "utf-8")
    if chunk.nextReadIndex == chunk.oldReadIndex == key[0]:
        return _LogEvent(key, key[0], b"")
    data = b"event: log\nid: %d\ndata: %s\n\n" % (chunk.nextReadIndex, _encode(chunk))
    return _LogEvent(key, chunk.nextReadIndex, data)


@define(eq=False)
class Streams:
    """
    Streams of logs.

    Those who follow the same log mostly want the same event, so the last one
    of each server is encoded once for all.
    """

    _streams: OpenStreams
    _last: "WeakKeyDictionary[GameServer, _LogEvent]" = Factory(WeakKeyDictionary)

    def open(self, call: Call[Any], server: GameServer, start: int) -> Deferred[bytes]:
        """
        Begin to send.

        @param start: index to begin at.

        @return: see L{OpenStreams.open}.
        """
        return self._streams.open(
            call, LogStream(self._streams, call, events=self, server=server, index=start)
        )

    def event(self, server: GameServer, start: int) -> _LogEvent:
        """The next log event from an index on; without data if there is nothing to tell."""
        key = (start, server.ring.position, server.logEnded)
        if key[0] == key[1]:
            # Mostly so after an event: the last one stays for the next who wants it.
            return _LogEvent(key, start, b"")
        last = self._last.get(server)
        if last is None or last.key != key:
            last = self._last[server] = _logEvent(server, key)
        return last


@define(eq=False)
class LogStream(Stream):
    """
    The log and the status of one server, for one client.
    """

    _events: Streams = field(kw_only=True)
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
            case Destroyed():
                self.end()
            case Leaving():
                self.close()
            case _ if not self.paused:
                self._sendLog()
                if isinstance(event, StatusChanged):
                    self._sendStatus()

    def _sendStatus(self) -> None:
        self.write(b"event: status\ndata: %s\n\n" % _encode(statusOf(self._server)))

    def _sendLog(self) -> None:
        while not self.paused:
            event = self._events.event(self._server, self._index)
            if not event.data:
                return
            self._index = event.next
            self.write(event.data)
