"""
HTTP/1.1 with limits: size, time, and what may stand in a header.

What is refused here is answered before it is stored, and nothing after it on the
connection is taken as a request.
"""

import time
import typing
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IProtocolNegotiationFactory,
    IPushProducer,
    ISSLTransport,
    ITCPTransport,
)
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.python.failure import Failure
from twisted.web.http import datetimeToString
from zope.interface import implementer

from gamepanel.base.errors import BadRequest, PanelError, RequestTimeout, TooLarge
from gamepanel.web.http.addresses import ClientAddresses, hostOf
from gamepanel.web.http.admission import Admission
from gamepanel.web.http.chunked import ChunkedBody
from gamepanel.web.http.connections import Connections, maxConnections
from gamepanel.web.http.handshakes import TLSFailures, protocols
from gamepanel.web.http.largebody import LargeBody, plainBytes, stallSeconds
from gamepanel.web.http.problems import bodyOf, headersOf, httpStatusOf
from gamepanel.web.http.request import (
    AnswerFields,
    Head,
    Outlet,
    PanelRequest,
    maxRawBytes,
    once,
    parse,
    parseRequestLine,
)
from gamepanel.wire.causes import because

budget: Final = 32
"""What is done in one turn, by its cost; and beyond that one dear thing, if one waits."""

noted: Final = budget // 2
"""
From so much on the end of a turn is waited for: a timer for each turn would cost more than most of
what is done, and what earlier turns have left over never takes more than this of the budget.
"""

cheap: Final = 4
"""What costs no more than this goes before what is dear."""

Work = Callable[[], None]


def costOf(bytesOfBody: int) -> int:
    """What a request costs: as much as one without a body, and that again for each KiB."""
    return 1 + bytesOfBody // 1024


class Turns:
    """
    Shares out work over turns of the reactor. As long as there is little, it is done at once.
    """

    def __init__(self, later: Callable[[Work], object]) -> None:
        """
        @param later: calls a function in the next turn.
        """
        self._later = later
        self._cheap: deque[tuple[int, Work]] = deque()
        self._dear: deque[tuple[int, Work]] = deque()
        self._spent = 0
        self._isArmed = False
        self._isBusy = False

    @property
    def isBusy(self) -> bool:
        """Whether something waits for another turn."""
        return self._isBusy

    def do(self, cost: int, work: Work) -> None:
        """
        Do some work, in this turn or in a later one: what is cheap in the order in which it comes,
        what is dear likewise.

        @param cost: see L{costOf}.
        @param work: raises nothing.
        """
        if self._isBusy or self._spent >= budget:
            self._isBusy = True
            (self._cheap if cost <= cheap else self._dear).append((cost, work))
        else:
            self._spent += cost
            work()
        if self._spent >= noted:
            self._arm()

    def next(self, size: int) -> Deferred[None]:
        """Fires when it is the turn of work that costs as much as a request with such a body."""
        turn: Deferred[None] = Deferred()
        self.do(costOf(size), lambda: turn.callback(None))
        return turn

    def _arm(self) -> None:
        if not self._isArmed:
            self._isArmed = True
            self._later(self._turn)

    def _turn(self) -> None:
        """Another turn: one dear thing has its place in each, or it might wait for ever."""
        self._spent = 0
        while self._cheap and self._spent < budget:
            self._next(self._cheap)
        if self._dear:
            self._next(self._dear)
        self._isArmed, self._isBusy = False, bool(self._cheap or self._dear)
        if self._isBusy or self._spent >= noted:
            self._arm()

    def _next(self, waiting: deque[tuple[int, Work]]) -> None:
        cost, work = waiting.popleft()
        self._spent += cost
        work()


requestSeconds: Final = 10.0
"""
Timeout of a request: it must be complete so long after its first byte (slow senders), unless its
body may be slow.
"""

lingerSeconds: Final = 2.0
"""After a refusal, what still comes is thrown away for so long, or the answer would be lost."""

maxReadAhead: Final = 16 * 1024
"""Bytes that are buffered during an answer; beyond, nothing is read (backpressure)."""

maxKnown: Final = 4
"""Heads that are cached of a connection: the newest."""

maxKnownBytes: Final = 1024
"""Of such a head; a longer one is not cached."""


def _nothing() -> None: ...


class Resource(typing.Protocol):
    """
    What answers the requests of a site.

    @ivar addresses: knows who clients are, and how much each may ask.
    @ivar admission: decides by the head of a request whether it is let in.
    """

    addresses: ClientAddresses
    admission: Admission

    def render(self, request: Any) -> Any:
        """Answer a request: with bytes, or C{NOT_DONE_YET} where the answer comes later."""

    def refuse(self, request: Any, refusal: PanelError) -> bytes:
        """Answer one that is not let in."""


@implementer(IPushProducer)
class Channel(Protocol):
    """
    A connection. Its requests are answered one after the other; what comes meanwhile is buffered.

    Its attributes are those of a L{Connection<gamepanel.web.http.connections.Connection>}, and

    @ivar request: which is being answered.
    @ivar producer: who sends an answer bit by bit; one that C{isPatient} sees itself to it that the
        client reads.
    @ivar game: see L{Peer<gamepanel.web.http.addresses.Peer>}.
    @ivar outlet: over which answers are sent.
    @ivar write: sends some of an answer.
    """

    site: "PanelSite"
    transport: Any
    host: IAddress
    peer: IAddress
    outlet: Outlet
    write: Callable[[bytes], None]

    source = game = ""
    isOurs = True
    activeAt = 0.0
    idleSince: float | None = None
    incompleteSince: float | None = None
    stuckSince: float | None = None
    closingSince: float | None = None

    request: PanelRequest | None = None
    producer: Any = None
    # Admitted, its body is coming.
    _coming: PanelRequest | None = None
    _chunks: ChunkedBody | None = None
    _deadline: IDelayedCall | None = None
    _isRefused = _isTaking = False
    _isReading = True

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._known: dict[bytes, Head] = {}

    def connectionMade(self) -> None:
        """There is somebody."""
        transport = self.transport
        self.host, self.peer = transport.getHost(), transport.getPeer()
        self.outlet = Outlet(transport)
        self.write = self.outlet.write
        if ITCPTransport.providedBy(transport):
            transport.setTcpNoDelay(True)
        transport.registerProducer(self, True)
        peer = self.site.resource.addresses.peer(self.peer, self.host)
        self.source, self.isOurs, self.game = peer.source, peer.isOurs, peer.game
        self.activeAt = self.idleSince = self.site.reactor.seconds()
        self.site.connections.opened(self)

    @property
    def isStreaming(self) -> bool:
        """Whether an answer is sent bit by bit."""
        return self.producer is not None

    def isSecure(self) -> bool:
        """Whether this is TLS."""
        return bool(ISSLTransport.providedBy(self.transport))

    @property
    def always(self) -> bytes:
        """
        The lines of the date, and of what answers have that go over TLS to the client itself
        (RFC 6797, 7.2).
        """
        hsts, date = self.site.hsts, self.site.date()
        return date + hsts if hsts and self.isSecure() else date

    def dataReceived(self, data: bytes) -> None:
        """Some bytes of requests."""
        if self._isRefused or self.closingSince is not None:
            return
        self.activeAt = self.site.reactor.seconds()
        upload = self._upload
        self._buffer += data if upload is None else upload.feed(data)
        self._takeAll()

    def _takeAll(self) -> None:
        """Take requests out of the buffer, until one has to be waited for."""
        if self._isTaking:
            # One has been answered at once: the loop below goes on.
            return
        self._isTaking = True
        try:
            while self._buffer and self._mayTake and self._take():
                pass
        except PanelError as error:
            self.refuse(error)
        finally:
            self._isTaking = False
        self._await()

    @property
    def _upload(self) -> LargeBody | None:
        """The body of the request that is being answered, where it comes meanwhile."""
        return None if self.request is None else self.request.upload

    @property
    def _mayTake(self) -> bool:
        """Whether none is being answered, and the client reads its answers."""
        isOpen = self.closingSince is None and not self._isRefused
        return isOpen and self.request is None and self.stuckSince is None

    def _take(self) -> bool:
        """
        @return: whether a request was complete.

        @raise PanelError: what it is refused with.
        """
        request = self._coming
        if request is None:
            head = self._head()
            if head is None:
                return False
            request = self._coming = PanelRequest(self, head)
            self._admit(request)
            if head.expectsContinue and request.upload is None and not self._isRefused:
                self._proceed()
        body = None if self._isRefused else self._body(request)
        if body is None:
            return False
        request.body = body
        self.request, self._coming, self._chunks = request, None, None
        if self._deadline is not None:
            self._stopClock()
        self.idleSince = None
        self.site.turns.do(costOf(len(body)), request.answer)
        return True

    def _proceed(self) -> None:
        self.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _head(self) -> Head | None:
        """The next head, when it is complete. An empty line may stand before it (RFC 9112, 2.2)."""
        buffer = self._buffer
        start = 2 if buffer.startswith(b"\r\n") else 0
        end = buffer.find(b"\r\n\r\n", start)
        if end < 0:
            if len(buffer) - start > maxRawBytes:
                raise BadRequest(because("header_too_large"))
            first, isWhole, _ = bytes(buffer[start:]).partition(b"\r\n")
            if isWhole:
                parseRequestLine(first)
            return None
        raw = bytes(buffer[start : end + 4])
        head = self._known.get(raw) or parse(raw)
        del buffer[: end + 4]
        if len(raw) <= maxKnownBytes and raw not in self._known:
            self._known[raw] = head
            if len(self._known) > maxKnown:
                del self._known[next(iter(self._known))]
        return head

    def _admit(self, request: Any) -> None:
        """Decide by the head whether a request is let in, and its body is wanted."""
        head, root, now = request.head, self.site.resource, self.site.reactor.seconds()
        addresses, admission = root.addresses, root.admission
        try:
            addresses.admit(request, now, self.game)
            if once(request, "admission", self._check):
                # None of its bytes is read before its token is known to be good: no rate is needed.
                proceed = self._proceed if head.expectsContinue else _nothing
                clock, length = self.site.reactor, head.length or 0
                left = requestSeconds if self._deadline is None else self._deadline.getTime() - now
                seconds = None if admission.isSlow(head.path) else left
                request.upload = LargeBody(clock, length, proceed, self._await, seconds)
            else:
                addresses.admitBytes(request, head.length or 0, now, self.game)
        except PanelError as error:
            # After a doubtful Host, too, nothing is taken as a request.
            if head.length != 0 or isinstance(error, BadRequest):
                self.refuse(error, admission.allow(head.path), admission.corsHeaders(request))
            request.refusal = error

    def _check(self, request: Any) -> bool:
        """Whether a request, which is let in, is handed over before its body has come."""
        head: Head = request.head
        admission = self.site.resource.admission
        admission.check(request, head.path, head.method, head.length)
        return admission.handsOver(head.path, head.length)

    def _body(self, request: PanelRequest) -> bytes | None:
        """
        The body, when it is complete.

        @raise PanelError: what it is refused with.
        """
        length = request.head.length
        if request.upload is not None:
            rest = request.upload.feed(bytes(self._buffer))
            self._buffer[:] = rest
            return b""
        if length is None:
            if self._chunks is None:
                self._chunks = ChunkedBody(partial(self._admitChunk, request))
            return self._chunks.take(self._buffer)
        if len(self._buffer) < length:
            return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _admitChunk(self, request: Any, come: int, size: int) -> None:
        root, now = self.site.resource, self.site.reactor.seconds()
        if come + size > min(root.admission.routes[request.path].maxBody, plainBytes):
            raise TooLarge()
        root.addresses.admitBytes(request, size, now, self.game)

    def _await(self) -> None:
        """Set what is read, and the clock, by what is waited for."""
        if self._isRefused or self.closingSince is not None:
            return
        isAnswering, isStuck = self.request is not None, self.stuckSince is not None
        # During an answer it is read on, or nobody would notice that the client has left.
        isReading = len(self._buffer) <= maxReadAhead if isAnswering else not isStuck
        upload = self._upload
        if upload is not None and upload.left:
            isReading = upload.isWanted
        if isReading != self._isReading:
            self._setReading(isReading)
        if isAnswering:
            return
        if isStuck or (self._coming is None and (not self._buffer or self._buffer == b"\r\n")):
            self.idleSince = self.site.reactor.seconds()
        elif self._deadline is None:
            self.idleSince, self.incompleteSince = None, self.activeAt
            self._deadline = self.site.reactor.callLater(requestSeconds, self._tooSlow)

    def _setReading(self, isReading: bool) -> None:
        self._isReading = isReading
        (self.transport.resumeProducing if isReading else self.transport.pauseProducing)()

    def _tooSlow(self) -> None:
        self._deadline = None
        coming = self._coming
        isSlow = self.site.resource.admission.isSlow
        if coming is None or coming.isLate or not isSlow(coming.path):
            self.refuse(RequestTimeout())
            return
        # So short a body has as much time as some of a longer one.
        coming.isLate = True
        more = stallSeconds - requestSeconds
        self._deadline = self.site.reactor.callLater(more, self._tooSlow)

    def _stopClock(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = self.incompleteSince = None

    def requestDone(self, request: PanelRequest) -> None:
        """A request has been answered; those after it wait until the client reads that."""
        self.request = None
        if request.upload is not None and request.upload.left:
            self._linger()
        elif request.head.isPersistent:
            self._takeAll()
        else:
            self.loseConnection()

    def refuse(
        self,
        error: PanelError,
        allow: tuple[str, ...] = (),
        more: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        """
        Answer with an error, and take nothing more from this connection.

        @param allow: the methods that the endpoint takes.
        @param more: headers that belong to the answer, too.
        """
        self._isRefused = True
        self._stopClock()
        self.idleSince = self.site.reactor.seconds()
        status, body, fields = httpStatusOf(error), bodyOf(error), AnswerFields()
        for name, value in (*headersOf(error, allow), *more):
            fields.addRawHeader(name, value)
        fields.setRawHeaders(b"Content-Length", [b"%d" % len(body)])
        fields.setRawHeaders(b"Connection", [b"close"])
        head = fields.join(b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode()), self.always)
        # An answer to HEAD has no body, whatever its length says.
        coming = self._buffer.lstrip() if self._coming is None else self._coming.method + b" "
        self._coming = self._chunks = None
        self._buffer.clear()
        self.write(head if coming.startswith(b"HEAD ") else head + body)
        self._linger()

    def _linger(self) -> None:
        """Throw away what still comes, and close then: else the answer would be lost."""
        self._isRefused = True
        self.idleSince = self.site.reactor.seconds()
        if not self._isReading:
            self._setReading(True)
        self._deadline = self.site.reactor.callLater(lingerSeconds, self.loseConnection)

    def pauseProducing(self) -> None:
        """The client does not read what it is sent."""
        if not getattr(self.producer, "isPatient", False):
            self.stuckSince = self.stuckSince or self.site.reactor.seconds()
        if self.producer is not None:
            self.producer.pauseProducing()
        self._await()

    def resumeProducing(self) -> None:
        """It reads again."""
        self.stuckSince = None
        if self.producer is not None:
            self.producer.resumeProducing()
        self._takeAll()

    def stopProducing(self) -> None:
        """The connection is lost: L{connectionLost} is called, too."""

    def loseConnection(self) -> None:
        """Close when all is sent, and with TLS when the client agrees; but not for ever."""
        if self.closingSince is None:
            self.closingSince = self.site.reactor.seconds()
        # TLS reads the other's word that it is closed, too.
        if not self._isReading:
            self._setReading(True)
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def abortConnection(self) -> None:
        """
        Close at once, without what is still to be sent. The reactor does not know any more that
        there is some, and tells of the end only later: until then nothing may be sent behind it.
        """
        if self.producer is not None:
            self.producer.pauseProducing()
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection has ended."""
        self._stopClock()
        self.site.lost(self, reason.value)
        if self.request is not None:
            self.request.connectionLost(reason)


@implementer(IProtocolNegotiationFactory)
class PanelSite(ServerFactory):
    """
    Makes a L{Channel} for each connection.

    @ivar hsts: the line of that header, or nothing.
    @ivar connections: all that there are.
    @ivar failures: logs connections whose TLS fails.
    @ivar turns: share out when requests are answered.
    """

    # It would tell the log that it starts.
    noisy = False

    def __init__(
        self, resource: Resource, reactor: Any, openFiles: int = 2**20, hstsSeconds: int = 0
    ) -> None:
        """
        @param resource: answers all requests.
        @param openFiles: how many the daemon may have. Connections get half of them at the
            most, so that game servers never lack any.
        @param hstsSeconds: for so long browsers that have come by TLS shall use nothing else; 0:
            they are told nothing.
        """
        self.resource = resource
        self.reactor = reactor
        hsts = b"Strict-Transport-Security: max-age=%d\r\n" % hstsSeconds
        self.hsts = hsts if hstsSeconds else b""
        self._dated, self._date = 0, b""
        self.connections = Connections(reactor, min(maxConnections, openFiles // 2))
        self.failures = TLSFailures()
        self.turns = Turns(partial(reactor.callLater, 0))

    def acceptableProtocols(self) -> list[bytes]:
        """
        What is negotiated with TLS (ALPN); who offers nothing of it is refused.
        """
        return list(protocols)

    def buildProtocol(self, addr: IAddress | None) -> Channel:
        """A connection."""
        channel = Channel()
        channel.site = self
        return channel

    def lost(self, channel: Channel, reason: BaseException | None) -> None:
        """A connection has ended."""
        self.connections.closed(channel)
        address = hostOf(channel.peer)
        self.failures.lost(address, channel.source, reason, self.reactor.seconds())

    def date(self) -> bytes:
        """The line of the date of an answer; made once a second."""
        now = int(time.time())
        if now != self._dated:
            self._dated, self._date = now, b"Date: %s\r\n" % datetimeToString(now)
        return self._date
