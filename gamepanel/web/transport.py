"""
HTTP/1.1 with limits: size, time, and what may stand in a header.

What is refused here is answered before it is stored, and nothing after it on the
connection is taken as a request.
"""

import re
from io import BytesIO
from typing import Any, Final

from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.iweb import IRequest
from twisted.web.server import Request, Site
from zope.interface import implementer

from gamepanel.errors import BadRequest, PanelError, RequestTimeout, TooLarge
from gamepanel.web.endpoint import broken
from gamepanel.web.problems import response
from gamepanel.web.root import Root

requestSeconds: Final = 10.0
"""A request must be complete so long after its first byte."""

idleSeconds: Final = 60
"""A connection without a request is closed after so long."""

lingerSeconds: Final = 2.0
"""After a refusal, what still comes is thrown away for so long, or the answer would be lost."""

_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_METHOD_LINE: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ /[\x21-\x7e]* HTTP/1\.[01]")

log = Logger()


@implementer(IRequest)
class PanelRequest(Request):
    """
    A request whose body is kept in memory, within its endpoint's limit.

    @ivar refusal: why it is not let in, if it is not.
    @ivar maxBody: in bytes.
    """

    admitted = True
    channel: "Channel"
    content: BytesIO
    site: "PanelSite"
    refusal: PanelError | None = None
    maxBody = 0

    def gotLength(self, length: int | None) -> None:
        """The body comes now; never into a temporary file, as Twisted does with long ones."""
        self.content = BytesIO()

    def parseCookies(self) -> None:
        """We bake none."""

    def handleContentChunk(self, data: bytes) -> None:
        """Some of the body."""
        if self.content.tell() + len(data) > self.maxBody:
            self.channel.refuse(TooLarge())
        else:
            self.content.write(data)

    def process(self) -> None:
        """Answer; there is but one resource."""
        self.site = self.channel.site
        self.prepath, self.postpath = [], [self.path[1:]]
        root = self.site.resource
        if self.refusal is None:
            self.render(root)
        else:
            self.write(root.refuse(self, self.refusal))
            self.finish()

    def processingFailed(self, reason: Failure) -> None:
        """A bug outside of Klein's reach."""
        self.write(broken(self, reason, log))
        self.finish()


class Channel(HTTPChannel):
    """
    A connection.
    """

    maxHeaders = 64
    totalHeadersSize = 8192
    requestFactory = PanelRequest
    site: "PanelSite"

    _deadline: IDelayedCall | None = None
    _incomplete = False
    _refused = False

    def dataReceived(self, data: bytes) -> None:
        """Some bytes of requests; the clock runs while one is incomplete."""
        if self._refused:
            return
        super().dataReceived(data)
        if self._incomplete and self._deadline is None and not self._refused:
            self._deadline = self.callLater(requestSeconds, self._tooSlow)

    def _tooSlow(self) -> None:
        self._deadline = None
        self.refuse(RequestTimeout())

    def _stopClock(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None

    def lineReceived(self, line: bytes) -> None:
        """A line of a header."""
        if self._refused:
            return
        if line and not self._incomplete:
            self._incomplete = True
            self._lengths = 0
            if not _METHOD_LINE.fullmatch(line):
                self.refuse(BadRequest("The request line is malformed."))
                return
        elif line[:1] in (b" ", b"\t"):
            self.refuse(BadRequest("A header is folded, which HTTP has given up."))
            return
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """A line of a header never ends."""
        self.refuse(BadRequest("The header is too large."))

    def headerReceived(self, line: bytes) -> bool:
        """A field of the header."""
        name, separator, value = line.partition(b":")
        lowered = name.lower()
        if not separator or name != name.strip() or not name:
            self.refuse(BadRequest("A header is malformed."))
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
                self.refuse(BadRequest("The length of the body is malformed."))
                return False
        return bool(super().headerReceived(line))

    def allHeadersReceived(self) -> None:
        """The header is complete: now it is decided whether the body is wanted."""
        if self._refused:
            return
        request = self.requests[-1]
        path = self._path.partition(b"?")[0]
        gate = self.site.resource.gate
        try:
            gate.check(request, path, self._command, self.length)
        except PanelError as error:
            if self.length != 0:
                self.refuse(error)
                return
            request.refusal = error
        else:
            request.maxBody = gate.routes[path].maxBody
        super().allHeadersReceived()

    def allContentReceived(self) -> None:
        """The request is complete."""
        if self._refused:
            return
        self._incomplete = False
        self._stopClock()
        super().allContentReceived()

    def refuse(self, error: PanelError) -> None:
        """Answer with an error, and take nothing more from this connection."""
        if self._refused:
            return
        self._refused = True
        self._stopClock()
        self.setTimeout(None)
        assert self.transport is not None
        self.transport.write(response(error))
        self._deadline = self.callLater(lingerSeconds, self.loseConnection)

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.refuse(BadRequest("The request is malformed."))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection has ended."""
        self._stopClock()
        super().connectionLost(reason)


class PanelSite(Site):
    """
    Makes a L{Channel} for each connection.

    It keeps no log of requests, and so no clock for that either: an idle daemon
    does nothing.
    """

    resource: Root
    displayTracebacks = False

    def __init__(self, resource: Root, reactor: Any) -> None:
        super().__init__(resource, requestFactory=PanelRequest, timeout=idleSeconds)
        # The constructor would take one, but only a whole reactor, not a clock.
        self.reactor = reactor

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """A connection, without Twisted's layer that chooses between HTTP/1.1 and 2."""
        channel: Any = Channel()
        channel.factory = channel.site = self
        channel.callLater = self.reactor.callLater
        channel.timeOut = self.timeOut
        return channel

    def startFactory(self) -> None:
        """See L{twisted.internet.protocol.Factory}."""

    def stopFactory(self) -> None:
        """See L{twisted.internet.protocol.Factory}."""

    def log(self, request: Any) -> None:
        """See L{twisted.web.http.HTTPFactory}."""
