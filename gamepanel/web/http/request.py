"""
A request with its whole body, as endpoints get it, and its answer.
"""

from io import BytesIO
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import NO_BODY_CODES, RESPONSES, toChunk
from twisted.web.server import NOT_DONE_YET

from gamepanel.base.errors import PanelError, RequestTimeout
from gamepanel.web.http.answering import broken
from gamepanel.web.http.head import Head
from gamepanel.web.http.largebody import LargeBody
from gamepanel.web.http.outlets import Outlet
from gamepanel.web.http.problems import contentSecurity, securityHeaders

log = Logger()

_securityLines: Final = b"".join(b"%s: %s\r\n" % header for header in securityHeaders)
_apiLines: Final = _securityLines + b"%s: %s\r\n" % contentSecurity


class AnswerFields(dict[bytes, list[bytes]]):
    """
    The header fields of an answer: as much of C{twisted.web.http_headers.Headers} as our own
    answers need, whose names are spelled alike and whose values are ours.
    """

    setRawHeaders = dict.__setitem__

    def addRawHeader(self, name: bytes, value: bytes) -> None:
        """Add a field beside those of its name."""
        self[name] = [*self.get(name, ()), value]

    def join(self, status: bytes, always: bytes) -> bytes:
        """
        The whole head.

        @param status: the first line.
        @param always: the lines of the fields that every answer of this connection has.
        """
        # The page for people says itself what it may load.
        isPage = contentSecurity[0] in self
        lines = [b"%s: %s\r\n" % (name, each) for name, values in self.items() for each in values]
        return b"".join([status, _securityLines if isPage else _apiLines, always, *lines, b"\r\n"])


class PanelRequest:
    """
    A request: as much of C{twisted.web.iweb.IRequest} as our endpoints and Klein's
    C{execute_endpoint} need.

    @ivar channel: the connection that it came by, a C{Channel} of C{transport}; None when it has
        been answered, or the client has left.
    @ivar refusal: why it is not let in, if it is not.
    @ivar body: all of it, unless there is an C{upload}.
    @ivar upload: the body, where it is not read before; None where it is.
    @ivar memo: see L{Head}.
    """

    admitted = True
    refusal: PanelError | None = None
    body = b""
    upload: LargeBody | None = None
    code = 200
    _phrase = b"OK"
    _hasBegun = _isChunked = _hasBody = False

    def __init__(self, channel: Any, head: Head) -> None:
        self.channel = channel
        self._peer: IAddress = channel.peer
        self._host: IAddress = channel.host
        self.head = head
        self.method, self.path, self.args = head.method, head.path, head.args
        self.requestHeaders, self.memo = head.fields, head.memo
        self.responseHeaders = AnswerFields()
        if not head.isPersistent:
            self.responseHeaders[b"Connection"] = [b"close"]
        self._watchers: list[Deferred[None]] = []

    @property
    def content(self) -> BytesIO:
        """The body, to be read once."""
        return BytesIO(self.body)

    @property
    def transport(self) -> Any:
        """The connection, as Twisted has it."""
        return None if self.channel is None else self.channel.transport

    @property
    def chunkOutlet(self) -> Outlet | None:
        """
        Over which chunks are sent that were made once for several answers, when this one has begun
        and as long as the client is there. None when it does not come in chunks.
        """
        return self.channel.outlet if self._isChunked and self.channel is not None else None

    def getHeader(self, name: bytes) -> bytes | None:
        """The last value of a header field, if there is one."""
        values = self.requestHeaders.getRawHeaders(name)
        return values[-1] if values else None

    def getClientAddress(self) -> IAddress:
        """The other end of the connection."""
        return self._peer

    def getHost(self) -> IAddress:
        """Our end of the connection."""
        return self._host

    def isSecure(self) -> bool:
        """Whether it came by TLS."""
        return self.channel is not None and self.channel.isSecure()

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:
        """Set the status of the answer."""
        self.code, self._phrase = code, message or RESPONSES[code]

    def setHeader(self, name: bytes, value: bytes) -> None:
        """Set a header field of the answer, in place of those of its name."""
        self.responseHeaders[name] = [value]

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a push producer know when the client reads, and when it does not."""
        if self.channel is not None:
            self.channel.producer = producer

    def unregisterProducer(self) -> None:
        """Let it know no more."""
        if self.channel is not None:
            self.channel.producer = None

    def answer(self) -> None:
        """Answer, at once or when the answer is there."""
        if self.channel is None:
            # The client has left before it was its turn.
            return
        root = self.channel.site.resource
        asked: Any = self
        try:
            refusal = self.refusal
            answer = root.render(asked) if refusal is None else root.refuse(asked, refusal)
        except Exception:
            self.processingFailed(Failure())
            return
        if answer is not NOT_DONE_YET:
            self.write(answer)
            self.finish()

    def write(self, data: bytes) -> None:
        """Send some of the answer, unless the client has left. Its head goes with the first."""
        if self.channel is None:
            return
        if not self._hasBegun:
            self._hasBegun = True
            if self.upload is not None and self.upload.left:
                # What still comes of its body is no request.
                self.responseHeaders[b"Connection"] = [b"close"]
            self._hasBody = self.method != b"HEAD" and self.code not in NO_BODY_CODES
            fields, version = self.responseHeaders, self.head.version
            if self._hasBody and version == b"HTTP/1.1" and b"Content-Length" not in fields:
                self._isChunked = True
                fields[b"Transfer-Encoding"] = [b"chunked"]
            status = b"%s %d %s\r\n" % (version, self.code, self._phrase)
            head = fields.join(status, self.channel.always)
        else:
            head = b""
        if data and self._hasBody:
            head += b"".join(toChunk(data)) if self._isChunked else data
        if head:
            self.channel.write(head)

    def finish(self) -> None:
        """End the answer."""
        if not self._hasBegun:
            self.write(b"")
        channel, self.channel = self.channel, None
        if channel is None:
            return
        if self._isChunked:
            channel.write(b"0\r\n\r\n")
        channel.requestDone(self)
        if self._watchers:
            self._tell(None)

    def processingFailed(self, reason: Failure) -> None:
        """Answer for a bug outside of the endpoint."""
        request: Any = self
        self.write(broken(request, reason, log))
        self.finish()

    def notifyFinish(self) -> Deferred[None]:
        """
        @return: fires when the answer has been sent; fails when the client has left before.
        """
        self._watchers.append(Deferred())
        return self._watchers[-1]

    def connectionLost(self, reason: Failure) -> None:
        """The client has left."""
        self.channel = None
        if self.upload is not None:
            self.upload.fail(RequestTimeout())
        self._tell(reason)

    def _tell(self, outcome: Failure | None) -> None:
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher.callback(outcome)
