"""
A server's log and status as Server-Sent Events.
"""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Final
from weakref import WeakValueDictionary

import msgspec
from attrs import Factory, define, field
from msgspec import Struct
from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.internet.task import Cooperator
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import toChunk

from gamepanel.base.errors import NoSuchServer, TokenInvalid
from gamepanel.base.hub import Hub
from gamepanel.servers.events import Destroyed, Leaving, LogGrew, ServerEvent, StatusChanged
from gamepanel.servers.server import GameServer
from gamepanel.web.api.endpoint import Call
from gamepanel.web.api.log import chunkOf
from gamepanel.web.api.render import statusOf
from gamepanel.web.api.sse import OpenStreams, Stream
from gamepanel.web.http.request import Outlet, Outlets
from gamepanel.wire.server import ServerStatus

eventBytes: Final = 24_576
"""
Of the log, at the most, in one event. Encoded it is mostly no more than is sent at once
(C{smallBytes} of L{gamepanel.web.http.request}), so that who reads is not taken to be slow.
"""

_encode: Final = msgspec.json.Encoder().encode


class _LogEvent(Struct, frozen=True):
    """
    An event as it is sent.

    @ivar start: index it begins at.
    @ivar end: end of the log.
    @ivar isOver: whether the run had ended.
    @ivar next: index to go on from.
    @ivar data: all of it; empty where there is nothing to tell.
    """

    start: int
    end: int
    isOver: bool
    next: int
    data: bytes


_noEvent: Final = _LogEvent(-1, -1, False, -1, b"")


def _logEvent(server: GameServer, start: int, limit: int, end: int, isOver: bool) -> _LogEvent:
    chunk = chunkOf(server, start, limit, "utf-8")
    if chunk.nextReadIndex == chunk.oldReadIndex == start:
        return _LogEvent(start, end, isOver, start, b"")
    data = b"event: log\nid: %d\ndata: %s\n\n" % (chunk.nextReadIndex, _encode(chunk))
    return _LogEvent(start, end, isOver, chunk.nextReadIndex, data)


@define(eq=False, repr=False)
class Tail:
    """
    The end of one server's log, for all streams of it.

    Those who follow the same log mostly want the same event, so the last one is encoded once
    for all, and one loop hands it to all.

    @ivar happens: tells what happens to the server, and does not tell that its log grows.
    """

    _log: ClassVar[Logger] = Logger()

    _server: GameServer
    _slices: Cooperator
    happens: Hub[ServerEvent] = field(factory=Hub, init=False)
    _followers: "dict[LogStream, None]" = field(factory=dict, init=False)
    _last: _LogEvent = field(default=_noEvent, init=False)
    _index: int = field(default=0, init=False)
    # Of all who follow, until others do.
    _outlets: Outlets | None = field(default=None, init=False)
    _isHanding: bool = field(default=False, init=False)
    # A change of the status that is not told yet, and the end of the log then.
    _change: tuple[int, ServerEvent] | None = field(default=None, init=False)
    _ignore: Callable[[], None] | None = field(default=None, init=False)

    def listen(self, stream: "LogStream") -> list[Callable[[], None]]:
        """
        Tell a stream what happens to the server.

        @return: functions that end it, the last of them first.
        """
        if self._ignore is None:
            self._ignore = self._server.happens.listen(self._told)
        return [self._left, self.happens.listen(stream.told)]

    def _left(self) -> None:
        if self._ignore is not None and not self.happens:
            self._ignore()
            self._ignore = None

    def follow(self, stream: "LogStream") -> None:
        """Hand a stream each event of the log from now on, when it has been sent what there was."""
        if not self._followers:
            self._index = stream.index
        self._followers[stream] = None
        self._outlets = None

    def isAt(self, index: int) -> bool:
        """Whether those who follow have been handed what there is up to here."""
        return bool(self._followers) and index == self._index

    def unfollow(self, stream: "LogStream") -> None:
        """Hand a stream nothing any more; harmless when done already."""
        self._followers.pop(stream, None)
        self._outlets = None

    def _told(self, event: ServerEvent) -> None:
        match event:
            case LogGrew():
                self._grew()
            case StatusChanged():
                self._change = self._server.ring.position, event
                self._grew()
            case _:
                self._tellChange()
                self.happens.tell(event)

    def _tellChange(self) -> None:
        if self._change is not None:
            event, self._change = self._change[1], None
            self.happens.tell(event)

    def _grew(self) -> None:
        if not self._isHanding and self._handNext():
            self._isHanding = True
            self._slices.coiterate(self._handRest()).addErrback(self.failed)

    def _handRest(self) -> Iterator[None]:
        try:
            while self._handNext():
                yield
        finally:
            self._isHanding = False

    def failed(self, failure: Failure) -> None:
        """What was to be sent can't be."""
        self._log.failure("a log can't be sent", failure)

    def _handNext(self) -> bool:
        """
        Hand all who follow the next event, and tell of a change when what was printed before it has
        been handed.

        @return: whether there is more to hand.
        """
        isMore = False
        # While nobody keeps up, nothing is encoded.
        if self._followers:
            event = self.event(self._index)
            if event.next != self._index:
                self._index = event.next
                self._hand(event)
            isMore = event.next not in (event.start, event.end)
        if self._change is not None and not (isMore and self._index < self._change[0]):
            self._tellChange()
        return isMore

    def _hand(self, event: _LogEvent) -> None:
        """Hand all who follow the next event, which is mostly theirs."""
        start, next, chunk = event.start, event.next, b"".join(toChunk(event.data))
        if self._outlets is None:
            self._outlets = self._gather(start)
        streams = list(self._followers)
        if self._outlets is not None:
            for stream in streams:
                stream.index = next
            for number, outlet, rest in self._outlets.send(chunk):
                self._try(streams[number], outlet.write, rest)
            return
        for stream in streams:
            if stream.index != start:
                # It has caught up with more than has been handed.
                self._try(stream, stream.sendRest)
                continue
            stream.index = next
            if stream.outlet is not None:
                self._try(stream, stream.outlet.write, chunk)
            else:
                self._try(stream, stream.write, event.data)

    def _gather(self, start: int) -> Outlets | None:
        """Over which an event is sent to all who follow, if it can be sent to all as it is."""
        outlets = []
        for stream in self._followers:
            if stream.index != start or stream.outlet is None:
                return None
            outlets.append(stream.outlet)
        return Outlets(outlets)

    def _try(self, stream: "LogStream", do: Callable[..., None], *data: bytes) -> None:
        """Do something for a stream, unless it has left while others were handed theirs."""
        if stream.isOver:
            return
        try:
            do(*data)
        except Exception:
            self._log.failure("an event of a log can't be sent")

    def event(self, start: int) -> _LogEvent:
        """The next event from an index on, up to the index that followers have reached at most."""
        end, isOver, last = self._server.ring.position, self._server.logEnded, self._last
        if start == end:
            # Mostly so after an event: the last one is kept for the next stream that wants it.
            return _LogEvent(start, end, isOver, start, b"")
        if (last.start, last.end, last.isOver) != (start, end, isOver):
            between = self._index - start if self._followers else 0
            limit = min(max(between, 4), eventBytes) if between > 0 else eventBytes
            self._last = _logEvent(self._server, start, limit, end, isOver)
        return self._last


@define(eq=False, repr=False)
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
            tail = self._tails[server] = Tail(server, self._streams.slices)
        return self._streams.open(
            call, LogStream(self._streams, call, tail=tail, server=server, index=start)
        )


@define(eq=False, repr=False)
class LogStream(Stream):
    """
    The log and the status of one server, for one client.

    @ivar index: index of the log to go on from.
    @ivar outlet: see L{PanelRequest.chunkOutlet}.
    @ivar isOver: whether it has ended.
    """

    _tail: Tail = field(kw_only=True)
    _server: GameServer = field(kw_only=True)
    index: int = field(kw_only=True)
    outlet: Outlet | None = field(default=None, init=False)
    _hasBegun: bool = field(default=False, init=False)
    _isCatchingUp: bool = field(default=False, init=False)
    isOver: bool = field(default=False, init=False)
    # A change of the status is to be told of when this index of the log has been reached.
    _statusDue: int | None = field(default=None, init=False)
    # The status that was told last, without what changes all the time.
    _shown: ServerStatus | None = field(default=None, init=False)

    def listen(self) -> None:
        self.undo += [*self._tail.listen(self), self._leave]

    def _leave(self) -> None:
        self.isOver = True
        self._tail.unfollow(self)

    @property
    def serverId(self) -> str:
        return self._server.id

    def refusal(self) -> NoSuchServer | TokenInvalid | None:
        try:
            return None if self._call.personNow().maySee(self._server.id) else NoSuchServer()
        except TokenInvalid as error:
            return error

    def catchUp(self) -> None:
        if not self._hasBegun:
            self._hasBegun = True
            self._sendStatus()
            # It is known only when the answer has begun how it is sent.
            self.outlet = self._request.chunkOutlet
        self.sendRest()

    def sendRest(self) -> None:
        """Send what there is of the log, piece by piece, and follow it then."""
        self._tail.unfollow(self)
        if not self._isCatchingUp:
            self._isCatchingUp = True
            self._streams.slices.coiterate(self._pieces()).addErrback(self._tail.failed)

    def _pieces(self) -> Iterator[None]:
        try:
            while not self._rests:
                event = self._tail.event(self.index)
                if event.next != self.index:
                    self.index = event.next
                    self.write(event.data)
                    if self._rests:
                        return
                hasCaughtUp = event.next in (event.start, event.end)
                if self._statusDue is not None and (hasCaughtUp or self.index >= self._statusDue):
                    self._sendStatus()
                if hasCaughtUp or self._tail.isAt(self.index):
                    if not self._rests:
                        self._tail.follow(self)
                    return
                yield
        finally:
            self._isCatchingUp = False

    @property
    def _rests(self) -> bool:
        """Whether nothing may be sent: for now, or any more."""
        return self.paused or self.isOver

    def pauseProducing(self) -> None:
        super().pauseProducing()
        self._tail.unfollow(self)

    def told(self, event: ServerEvent) -> None:
        """Something has happened to the server."""
        match event:
            case StatusChanged() if self.paused or self._isCatchingUp:
                # It stands behind what was printed before.
                self._statusDue = self._server.ring.position
            case StatusChanged():
                self._sendStatus()
            case Destroyed():
                self.end(NoSuchServer())
            case Leaving():
                self.close()

    def _sendStatus(self) -> None:
        self._statusDue = None
        status = statusOf(self._server)
        shown = replace(status, readIndex=0, uptime=None, usage=None)
        # A start is told with its process: nothing can be seen of it before.
        isEarly = status.status == "starting" and status.pid is None
        if self._shown is None or not (isEarly or shown == self._shown):
            self._shown = shown
            self.write(b"event: status\ndata: %s\n\n" % _encode(status))
