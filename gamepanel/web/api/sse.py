"""
Server-Sent Events: what all streams have in common.

Source: U{HTML, 9.2<https://html.spec.whatwg.org/multipage/server-sent-events.html>}.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import msgspec
from attrs import Factory, define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.internet.task import Cooperator
from zope.interface import implementer

from gamepanel.accounts.rights import SessionEvent
from gamepanel.base.errors import BadRequest, NoSuchServer, TokenInvalid, TooManyRequests
from gamepanel.base.threads import slices
from gamepanel.process.proc import uptime
from gamepanel.web.api.endpoint import Call
from gamepanel.web.api.waiting import cancel
from gamepanel.wire.causes import because
from gamepanel.wire.events import StreamEnd

maxStreams: Final = 256
maxStreamsOfToken: Final = 16
maxStreamsOfUser: Final = 64
keptForAdmins: Final = 16
"""Streams that are kept for administrators, a quarter of all at the most."""

commentSeconds: Final = 15.0
"""After so long a silence a comment shows that the connection lives."""

patienceSeconds: Final = 30.0
"""A client that reads nothing for so long, although there is something, is dropped."""

_RETRY: Final = b"retry: 1000\n\n"
"""A client that comes back waits for a second before."""


def lastEventId(call: Call[Any]) -> int | None:
    """
    The C{id} of the event that a client has come to, if it says so.

    @raise BadRequest: when it is none.
    """
    value = call.request.getHeader(b"Last-Event-ID")
    if value is None:
        return None
    if not (value.isdigit() and len(value) <= 16 and int(value) < 2**53):
        raise BadRequest(because("not_of_stream"))
    return int(value)


@define(eq=False, repr=False)
class OpenStreams:
    """
    All streams that are open, within bounds.

    @ivar maximum: so many at once, in all.
    @ivar slices: sends large amounts piece by piece, so that others have their turns.
    """

    clock: IReactorTime
    maximum: int = maxStreams
    slices: Cooperator = Factory(lambda self: slices(self.clock), takes_self=True)
    _open: "dict[Stream, list[bytes | str]]" = Factory(dict)
    # By the digest of a token, the name of a user, and for all who are no administrators.
    _counts: Counter[bytes | str] = Factory(Counter)

    def open(self, call: Call[Any], stream: "Stream") -> Deferred[bytes]:
        """
        Begin to send.

        @return: fires when the stream has ended; cancelling it ends the stream.

        @raise TooManyRequests: when there are too many.
        """
        quotas = self._quotasOf(call)
        isFull = any(self._counts[key] >= most for key, most in quotas.items())
        if isFull or len(self._open) >= self.maximum:
            raise TooManyRequests(because("too_many_streams"), retryAfter=5)
        self._open[stream] = list(quotas)
        self._counts.update(self._open[stream])
        if call.session is not None:
            stream.undo.append(call.session.watch(stream.toldOfSession))
        stream.begin()
        return stream.done

    def _quotasOf(self, call: Call[Any]) -> dict[bytes | str, int]:
        """What a stream counts for, and how many may."""
        found: dict[bytes | str, int] = {}
        if call.session is not None:
            found[call.session.digest] = maxStreamsOfToken
            found[call.session.user] = maxStreamsOfUser
        if not call.person.admin:
            found[""] = self.maximum - min(keptForAdmins, self.maximum // 4)
        return found

    def closed(self, stream: "Stream") -> None:
        """A stream has ended."""
        keys = self._open.pop(stream)
        self._counts.subtract(keys)
        for key in keys:
            if not self._counts[key]:
                del self._counts[key]


@implementer(IPushProducer)
@define(eq=False, repr=False)
class Stream:
    """
    One client's stream. What it is made of is said by a subclass.

    @ivar done: fires when it has ended.
    @ivar undo: what is to be taken back then.
    @ivar paused: whether the client does not keep up.
    """

    _streams: OpenStreams
    _call: Call[Any]
    done: Deferred[bytes] = Factory(lambda self: Deferred(lambda _: self._stop()), takes_self=True)
    undo: list[Callable[[], object]] = Factory(list)
    paused: bool = False
    _timer: IDelayedCall | None = None
    _request: Any = field(init=False, default=Factory(lambda self: self._call.request, True))

    def listen(self) -> None:
        """Begin to be told of what is to be sent; for subclasses."""
        raise NotImplementedError

    def catchUp(self) -> None:
        """Send what there is, at the beginning and after a pause; for subclasses."""
        raise NotImplementedError

    @property
    def serverId(self) -> str | None:
        """The server that all of it is about, if there is one; for subclasses."""
        raise NotImplementedError

    def refusal(self) -> NoSuchServer | TokenInvalid | None:
        """Why the client may not get this any more, if it may not; for subclasses."""
        raise NotImplementedError

    def begin(self) -> None:
        """Send the headers at once, and what there is."""
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
        self.listen()
        self._request.registerProducer(self, True)
        self.undo.append(self._unregister)
        # The head goes with the first bytes: also where there is nothing to tell, it goes now.
        self.write(_RETRY)
        self.catchUp()
        self._arm(commentSeconds, self._comment)

    def toldOfSession(self, event: SessionEvent) -> None:
        """Something has happened to the client's token."""
        if event == "lapsed":
            self.close()
            return
        refusal = TokenInvalid() if event == "ended" else self.refusal()
        if refusal is not None:
            self.end(refusal)

    def write(self, data: bytes) -> None:
        """Send events."""
        self._request.write(data)

    def _arm(self, seconds: float, then: Callable[[], None]) -> None:
        cancel(self._timer)
        self._timer = self._streams.clock.callLater(seconds, then)

    def _comment(self) -> None:
        session = self._call.session
        if session is not None and not self._call.isForeign and session.isOver(uptime()):
            self.end(TokenInvalid())
            return
        self.write(b":\n\n")
        self._arm(commentSeconds, self._comment)

    def pauseProducing(self) -> None:
        """See C{IPushProducer}: the client does not keep up."""
        self.paused = True
        self._arm(patienceSeconds, self._drop)

    def resumeProducing(self) -> None:
        """See C{IPushProducer}: it has caught up. What it missed is still kept, or overrun."""
        self.paused = False
        self._arm(commentSeconds, self._comment)
        self.catchUp()

    def stopProducing(self) -> None:
        """See C{IPushProducer}: the client has gone."""

    def _drop(self) -> None:
        # Its buffer would keep a polite goodbye waiting for ever. The
        # answer is cancelled then, which is how this stream ends.
        self._request.transport.abortConnection()

    def end(self, error: NoSuchServer | TokenInvalid) -> None:
        """Tell the client that there will be nothing more, and why, and close."""
        server = None if isinstance(error, TokenInvalid) else self.serverId
        data = msgspec.json.encode(StreamEnd(server, error.code))
        self.write(b"event: end\ndata: %s\n\n" % data)
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
