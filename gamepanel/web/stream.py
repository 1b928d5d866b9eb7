"""
A server's log and status as Server-Sent Events.

Source: U{HTML, 9.2<https://html.spec.whatwg.org/multipage/server-sent-events.html>}.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from attrs import Factory, define, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from zope.interface import implementer

from gamepanel.accounts.tokens import Session, SessionEvent
from gamepanel.errors import TooManyRequests
from gamepanel.servers.server import GameServer
from gamepanel.servers.tree import uptime
from gamepanel.servers.watchers import Event
from gamepanel.web.endpoint import Call
from gamepanel.web.log import chunkOf
from gamepanel.web.render import statusOf
from gamepanel.web.waiting import cancel

maxStreams: Final = 64
maxStreamsOfToken: Final = 4

eventBytes: Final = 65536
"""Of the log, at the most, in one event."""

commentSeconds: Final = 15.0
"""After so long a silence a comment shows that the connection lives."""

patienceSeconds: Final = 30.0
"""A client that reads nothing for so long, although there is something, is dropped."""

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


@define
class Streams:
    """
    All streams that are open, within bounds.

    Those who follow the same log mostly want the same event, so the last one
    of each server is encoded once for all.
    """

    clock: IReactorTime
    _open: "dict[LogStream, Session | None]" = Factory(dict)
    _ofToken: Counter[bytes] = Factory(Counter)
    _last: "WeakKeyDictionary[GameServer, _LogEvent]" = Factory(WeakKeyDictionary)

    def open(
        self,
        call: Call[Any],
        server: GameServer,
        start: int,
    ) -> Deferred[bytes]:
        """
        Begin to send.

        @param start: index to begin at.

        @return: fires when the stream has ended; cancelling it ends the stream.

        @raise TooManyRequests: when there are too many.
        """
        session = call.session
        digest = b"" if session is None else session.digest
        if len(self._open) >= maxStreams or (
            session is not None and self._ofToken[digest] >= maxStreamsOfToken
        ):
            raise TooManyRequests("Too many streams are open.", retryAfter=5)
        stream = LogStream(self, call.request, server, call, start)
        self._open[stream] = session
        self._ofToken[digest] += 1
        if session is not None:
            stream.undo.append(session.watch(stream.toldOfSession))
        stream.begin()
        return stream.done

    def closed(self, stream: "LogStream") -> None:
        """A stream has ended."""
        session = self._open.pop(stream)
        digest = b"" if session is None else session.digest
        self._ofToken[digest] -= 1
        if not self._ofToken[digest]:
            del self._ofToken[digest]

    def event(self, server: GameServer, start: int) -> _LogEvent:
        """The next log event from an index on; without data if there is nothing to tell."""
        key = (start, server.ring.position, server.logEnded)
        last = self._last.get(server)
        if last is None or last.key != key:
            last = self._last[server] = _logEvent(server, key)
        return last


@implementer(IPushProducer)
@define(eq=False)
class LogStream:
    """
    One client's stream.

    @ivar done: fires when it has ended.
    """

    _streams: Streams
    _request: Any
    _server: GameServer
    _call: Call[Any]
    _index: int
    done: Deferred[bytes] = Factory(lambda self: Deferred(lambda _: self._stop()), takes_self=True)
    undo: list[Callable[[], object]] = Factory(list)
    _paused: bool = False
    _timer: IDelayedCall | None = None

    def begin(self) -> None:
        """Send the headers, the status and what there is of the log."""
        for name, value in (
            (b"Content-Type", b"text/event-stream"),
            (b"Cache-Control", b"no-store"),
            # Reverse proxies of nginx's kind would keep events back.
            (b"X-Accel-Buffering", b"no"),
        ):
            self._request.setHeader(name, value)
        if self._request.method == b"HEAD":
            self.close()
            return
        self.undo.append(self._server.watchers.add(self._told))
        self._request.registerProducer(self, True)
        self.undo.append(self._unregister)
        self._sendStatus()
        self._sendLog()
        self._arm(commentSeconds, self._comment)

    def _told(self, event: Event) -> None:
        if event == "gone":
            self.end()
        elif event == "leaving":
            self.close()
        elif not self._paused:
            if event == "changed":
                self._sendLog()
                self._sendStatus()
            else:
                self._sendLog()

    def toldOfSession(self, event: SessionEvent) -> None:
        """Something has happened to the client's token."""
        if event == "lapsed":
            self.close()
        elif event == "ended" or not self._call.maySee(self._server.id):
            self.end()

    def _sendStatus(self) -> None:
        self._request.write(b"event: status\ndata: %s\n\n" % _encode(statusOf(self._server)))

    def _sendLog(self) -> None:
        while not self._paused:
            event = self._streams.event(self._server, self._index)
            if not event.data:
                return
            self._index = event.next
            self._request.write(event.data)

    def _arm(self, seconds: float, then: Callable[[], None]) -> None:
        cancel(self._timer)
        self._timer = self._streams.clock.callLater(seconds, then)

    def _comment(self) -> None:
        session = self._call.session
        if session is not None and not self._call.isForeign and session.isOver(uptime()):
            self.end()
            return
        self._request.write(b":\n\n")
        self._arm(commentSeconds, self._comment)

    def pauseProducing(self) -> None:
        """See L{IPushProducer}: the client does not keep up."""
        self._paused = True
        self._arm(patienceSeconds, self._drop)

    def resumeProducing(self) -> None:
        """See L{IPushProducer}: it has caught up. What it missed is still kept, or overrun."""
        self._paused = False
        self._arm(commentSeconds, self._comment)
        self._sendStatus()
        self._sendLog()

    def stopProducing(self) -> None:
        """See L{IPushProducer}: the client has gone."""

    def _drop(self) -> None:
        # Its buffer would keep a polite goodbye waiting for ever. Klein then
        # cancels what it waits for, which is how this stream ends.
        self._request.transport.abortConnection()

    def end(self) -> None:
        """Tell the client that there will be nothing more, and close."""
        self._request.write(b"event: end\ndata: {}\n\n")
        self.close()

    def close(self) -> None:
        """Close; the client may come back."""
        self._stop()
        self.done.callback(b"")

    def _unregister(self) -> None:
        # A request whose client has left has no channel any more.
        if self._request.channel is not None:
            self._request.unregisterProducer()

    def _stop(self) -> None:
        for end in reversed(self.undo):
            end()
        self.undo.clear()
        cancel(self._timer)
        self._streams.closed(self)
