"""
HTTP/1.1 with limits: size, time, and what may stand in a header.

What is refused here is answered before it is stored, and nothing after it on the
connection is taken as a request.
"""

import re
import time
from collections.abc import Iterable
from functools import partial
from typing import Any, Final, cast

from twisted.internet.interfaces import IAddress, IDelayedCall, ITCPTransport
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import datetimeToString
from twisted.web.server import Request, Site

from gamepanel.base.errors import BadRequest, PanelError, RequestTimeout, TooLarge
from gamepanel.web.http.addresses import hostOf
from gamepanel.web.http.connections import Connections, maxConnections
from gamepanel.web.http.handshakes import TLSFailures, protocols
from gamepanel.web.http.heads import headOf
from gamepanel.web.http.problems import response
from gamepanel.web.http.repeated import RepeatingChannel
from gamepanel.web.http.request import PanelRequest
from gamepanel.web.http.turns import Turns
from gamepanel.web.root import Root
from gamepanel.wire.causes import because

requestSeconds: Final = 10.0
"""A request must be complete so long after its first byte."""

maxChunks: Final = 128
"""Of a body: each costs more than a thousand bytes do."""

lingerSeconds: Final = 2.0
"""After a refusal, what still comes is thrown away for so long, or the answer would be lost."""

_LENGTH: Final = re.compile(rb"[0-9]{1,18}")

_METHOD_LINE: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ /[\x21-\x7e]* HTTP/1\.[01]")


class Channel(RepeatingChannel):
    """
    A connection.

    Its attributes are those of a L{Connection}.
    """

    maxHeaders = 64
    totalHeadersSize = 8192
    requestFactory: type[Request] = PanelRequest
    site: "PanelSite"

    source = ""
    isOurs = True
    activeAt = 0.0
    idleSince: float | None = None
    incompleteSince: float | None = None
    stuckSince: float | None = None
    closingSince: float | None = None
    _deadline: IDelayedCall | None = None
    _incomplete = False
    _refused = False
    _chunks = 0

    def connectionMade(self) -> None:
        """There is somebody."""
        super().connectionMade()
        peer = self.site.resource.addresses.peer(self.getPeer(), self.getHost())
        self.source, self.isOurs, self.game = peer.source, peer.isOurs, peer.game
        self.activeAt = self.idleSince = self.site.reactor.seconds()
        self.site.connections.opened(self)

    def dataReceived(self, data: bytes) -> None:
        """Some bytes of requests; the clock runs while one is incomplete."""
        if self._refused:
            return
        self.idleSince = None
        self.activeAt = self.site.reactor.seconds()
        super().dataReceived(data)
        if self._refused or self.isAnswering or self.paused:
            return
        if not (self._incomplete or self.hasPartOfLine):
            self.idleSince = self.site.reactor.seconds()
        elif self._deadline is None:
            self.incompleteSince = self.activeAt
            self._deadline = self.callLater(requestSeconds, self._tooSlow)

    def _tooSlow(self) -> None:
        self._deadline = None
        self.refuse(RequestTimeout())

    def _stopClock(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = self.incompleteSince = None

    def lineReceived(self, line: bytes) -> None:
        """A line of a header."""
        if self._refused:
            return
        if line and not self._incomplete:
            self._incomplete = True
            self.idleSince = None
            self._lengths = 0
            if not _METHOD_LINE.fullmatch(line):
                self.refuse(BadRequest(because("bad_request_line")))
                return
        elif line[:1] in (b" ", b"\t"):
            self.refuse(BadRequest(because("folded_header")))
            return
        super().lineReceived(line)

    def rawDataReceived(self, data: bytes) -> None:
        """Some of a body, or of what follows a request that is being answered."""
        if self._refused:
            return
        if self.isAnswering and self.isStuck:
            # Twisted takes it for paused already.
            self.pauseReading()
        super().rawDataReceived(data)

    def lineLengthExceeded(self, line: bytes) -> None:
        """A line of a header never ends."""
        self.refuse(BadRequest(because("header_too_large")))

    def headerReceived(self, line: bytes) -> bool:
        """A field of the header."""
        name, separator, value = line.partition(b":")
        lowered = name.lower()
        if not separator or name != name.strip() or not name:
            self.refuse(BadRequest(because("bad_header")))
            return False
        if lowered in (b"content-length", b"transfer-encoding"):
            self._lengths += 1
            value = value.strip(b" \t")
            right = (
                _LENGTH.fullmatch(value)
                if lowered == b"content-length"
                else value.lower() == b"chunked"
            )
            if not right or self._lengths > 1:
                self.refuse(BadRequest(because("bad_length")))
                return False
        return bool(super().headerReceived(line))

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Any) -> None:
        """The header of an answer; it waits for the body, to be sent with that."""
        isPage = headers.hasHeader(b"Content-Security-Policy")
        status = b"%s %s %s\r\n" % (version, code, reason)
        head = headOf(status, self.always, headers.getAllRawHeaders(), isPage)
        cast(ITCPTransport, self.transport).write(head)

    @property
    def always(self) -> list[tuple[bytes, bytes]]:
        """The date, and what answers have that go over TLS to the client itself (RFC 6797, 7.2)."""
        hsts = self.site.hsts
        secure = [(b"Strict-Transport-Security", hsts)] if hsts and self.isSecure() else []
        return [self.site.date(), *secure]

    def allHeadersReceived(self) -> None:
        """The header is complete: now it is decided whether the body is wanted."""
        if self._refused:
            return
        request = self.requests[-1]
        path = self.target.partition(b"?")[0]
        admission = self.site.resource.admission
        addresses, now = self.site.resource.addresses, self.site.reactor.seconds()
        try:
            addresses.admit(request, now, self.game)
            admission.check(request, path, self.method, self.length)
            addresses.admitBytes(request, self.length or 0, now, self.game)
        except PanelError as error:
            # After a doubtful Host, too, nothing is taken as a request.
            if self.length != 0 or isinstance(error, BadRequest):
                self.refuse(error, admission.allow(path), admission.corsHeaders(request))
                return
            request.refusal = error
        else:
            request.maxBody = admission.routes[path].maxBody
        if self.length is None:
            self._chunks = 0
            self.readChunks(request.handleContentChunk, partial(self._refusesChunk, request))
        super().allHeadersReceived()

    def _refusesChunk(self, request: PanelRequest, length: int) -> bool:
        """Refuse the body, when a chunk is too large for the rest of its room, or one too many."""
        self._chunks += 1
        if self._chunks > maxChunks:
            self.refuse(BadRequest(because("too_many_chunks")))
            return True
        if request.lacksRoom(length):
            self.refuse(TooLarge())
            return True
        try:
            now = self.site.reactor.seconds()
            self.site.resource.addresses.admitBytes(request, length, now, self.game)
        except PanelError as error:
            self.refuse(error)
            return True
        return False

    def allContentReceived(self) -> None:
        """The request is complete."""
        if self._refused:
            return
        self._incomplete = False
        self._stopClock()
        super().allContentReceived()

    def begin(self, request: Any) -> None:
        """A request is complete whose header was known."""
        self._stopClock()
        super().begin(request)

    def requestDone(self, request: Any) -> None:
        """A request has been answered; those after it wait until the client reads that."""
        self.idleSince = self.site.reactor.seconds()
        self.paused = self.isStuck
        super().requestDone(request)
        if self.paused:
            self.pauseReading()

    def checkPersistence(self, request: Any, version: bytes) -> bool:
        """Whether the connection may stay; Twisted looks at the first Connection only."""
        fields = request.requestHeaders.getRawHeaders(b"Connection", [])
        words = {word.strip().lower() for field in fields for word in field.split(b",")}
        if version == b"HTTP/1.1" and b"close" not in words:
            return True
        request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        return False

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
        if self._refused:
            return
        self._refused = True
        self._stopClock()
        self.idleSince = self.site.reactor.seconds()
        assert self.transport is not None
        date, *secure = self.always
        answer = response(error, allow, [*more, *secure, date])
        # An answer to HEAD has no body, whatever its length says.
        if self.method == b"HEAD":
            answer = answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        self.transport.write(answer)
        self._deadline = self.callLater(lingerSeconds, self.loseConnection)

    def pauseProducing(self) -> None:
        """The client does not read what it is sent."""
        self.stuckSince = self.site.reactor.seconds()
        super().pauseProducing()

    def resumeProducing(self) -> None:
        """It reads again."""
        self.stuckSince = None
        self.paused = False
        super().resumeProducing()
        if self.isAnswering:
            # Or nobody would notice that the client has left.
            self.resumeReading()
        else:
            self.dataReceived(b"")

    def loseConnection(self) -> None:
        """Close when all is sent, and with TLS when the client agrees; but not for ever."""
        if self.closingSince is None:
            self.closingSince = self.site.reactor.seconds()
        super().loseConnection()

    def malformed(self) -> None:
        """What came can't be understood."""
        self.refuse(BadRequest(because("bad_http")))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection has ended."""
        self._stopClock()
        self.site.lost(self, reason.value)
        super().connectionLost(reason)


class PanelSite(Site):
    """
    Makes a L{Channel} for each connection.

    @ivar hsts: the value of that header, or nothing.
    @ivar connections: all that there are.
    @ivar failures: logs connections whose TLS fails.
    @ivar turns: share out when requests are answered.

    It keeps no log of requests, and so no clock for that either: an idle daemon
    does nothing.
    """

    resource: Root
    displayTracebacks = False
    # It would tell the log that it starts.
    noisy = False

    def __init__(
        self, resource: Root, reactor: Any, openFiles: int = 2**20, hstsSeconds: int = 0
    ) -> None:
        """
        @param openFiles: how many the daemon may have. Connections get half of them at the
            most, so that game servers never lack any.
        @param hstsSeconds: for so long browsers that have come by TLS shall use nothing else; 0:
            they are told nothing.
        """
        # No time-out by Twisted: it would begin anew with each byte, and takes
        # a timer for each request.
        super().__init__(resource, requestFactory=PanelRequest, timeout=None)
        # The constructor would take one, but only a whole reactor, not a clock.
        self.reactor = reactor
        self.hsts = b"max-age=%d" % hstsSeconds if hstsSeconds else b""
        self._dated, self._date = 0, (b"Date", b"")
        self.connections = Connections(reactor, min(maxConnections, openFiles // 2))
        self.failures = TLSFailures()
        self.turns = Turns(partial(reactor.callLater, 0))

    def acceptableProtocols(self) -> list[bytes]:
        """
        What is negotiated with TLS. Twisted would offer HTTP/2 where C{h2} is installed; who
        offers nothing else is refused.
        """
        return list(protocols)

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """A connection, without Twisted's layer that chooses between HTTP/1.1 and 2."""
        channel: Any = Channel()
        channel.factory = channel.site = self
        channel.callLater = self.reactor.callLater
        channel.timeOut = self.timeOut
        return channel

    def lost(self, channel: Channel, reason: BaseException | None) -> None:
        """A connection has ended."""
        self.connections.closed(channel)
        address = hostOf(channel.getPeer())
        self.failures.lost(address, channel.source, reason, self.reactor.seconds())

    def date(self) -> tuple[bytes, bytes]:
        """The Date of an answer; made once a second."""
        now = int(time.time())
        if now != self._dated:
            self._dated, self._date = now, (b"Date", datetimeToString(now))
        return self._date

    def startFactory(self) -> None:
        """Does nothing: Twisted would begin to log here."""

    def stopFactory(self) -> None:
        """Does nothing, as L{startFactory}."""

    def log(self, request: Any) -> None:
        """Does nothing: requests are not logged."""
