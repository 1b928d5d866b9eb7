"""
A short way for requests whose header is, byte for byte, one that was sent before over the same
connection: most clients ask the same again and again.

Nothing is parsed here, so there are no two readings of what a header says. What was found of it the
first time holds, and so do the checks that depend on nothing else: Host, path, method, Origin,
media type and size. Whatever may be another by now is looked at as always: limits of the address,
the token, the fields, rights, and whether the daemon is about to end. All else goes the usual way.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

from msgspec import Struct, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers

from gamepanel.base.errors import PanelError
from gamepanel.web.http.answering import broken
from gamepanel.web.http.heads import AnswerFields, headOf
from gamepanel.web.http.request import PanelRequest, answerFrom
from gamepanel.web.http.turns import costOf
from gamepanel.web.http.twistedweb import OpenHTTPChannel

log = Logger()

maxKnown: Final = 4
"""Headers that are kept of a connection: the newest."""

maxKnownBytes: Final = 1024
"""Of such a header; a longer one is not kept."""

_END: Final = b"\r\n\r\n"


class KnownHeader(Struct, frozen=True):
    """
    What was found of a header.

    @ivar client: from where it comes.
    @ivar length: of the body, in bytes.
    @ivar memo: what else was found, see L{once<gamepanel.web.http.once.once>}.
    """

    method: bytes
    path: bytes
    fields: Headers
    client: IAddress
    length: int
    memo: dict[str, Any] = field(default_factory=dict)


class RepeatedRequest:
    """
    A request with a header that is known: as much of C{twisted.web.iweb.IRequest} as endpoints need
    whose answers are whole.
    """

    admitted = True
    args: Mapping[bytes, list[bytes]] = {}
    _status = b"HTTP/1.1 200 OK\r\n"

    def __init__(self, channel: "RepeatingChannel", header: KnownHeader, body: bytes) -> None:
        self.channel: RepeatingChannel | None = channel
        self.method, self.path = header.method, header.path
        self.requestHeaders, self._client = header.fields, header.client
        self.memo, self.body = header.memo, body
        self.responseHeaders = AnswerFields()
        self._watchers: list[Deferred[None]] = []

    @property
    def content(self) -> BytesIO:
        """The body, to be read once."""
        return BytesIO(self.body)

    def getClientAddress(self) -> IAddress:
        """See C{IRequest}."""
        return self._client

    def isSecure(self) -> bool:
        """See C{IRequest}."""
        return self.channel is not None and self.channel.isSecure()

    def setResponseCode(self, code: int, message: bytes) -> None:
        """See C{IRequest}."""
        self._status = b"HTTP/1.1 %d %s\r\n" % (code, message)

    def setHeader(self, name: bytes, value: bytes) -> None:
        """See C{IRequest}."""
        self.responseHeaders.setRawHeaders(name, [value])

    def answer(self) -> None:
        """Answer, when it is its turn."""
        # Otherwise the client has left meanwhile.
        if self.channel is not None:
            answerFrom(self.channel.site.resource, self)

    def write(self, body: bytes) -> None:
        """Send the whole answer; nobody is there any more when the client has left."""
        if self.channel is not None:
            self.channel.writeAnswer(self._status, self.responseHeaders, body)

    def finish(self) -> None:
        """That was all."""
        channel, self.channel = self.channel, None
        assert channel is not None
        channel.requestDone(self)
        if self._watchers:
            self._tell(None)

    def processingFailed(self, reason: Failure) -> None:
        """A bug outside of the endpoint's reach."""
        request: Any = self
        self.write(broken(request, reason, log))
        self.finish()

    def notifyFinish(self) -> Deferred[None]:
        """See C{IRequest}."""
        self._watchers.append(Deferred())
        return self._watchers[-1]

    def connectionLost(self, reason: Failure) -> None:
        """The client has left."""
        self.channel = None
        self._tell(reason)

    def _tell(self, outcome: Failure | None) -> None:
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher.callback(outcome)


class RepeatingChannel(OpenHTTPChannel):
    """
    A connection that knows the headers again that were answered with 200.

    @ivar game: see L{Peer<gamepanel.web.http.addresses.Peer>}.
    """

    site: Any
    game = ""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[bytes, KnownHeader] = {}
        self._header = b""
        self._isFresh = True
        # A known header whose body has not come, admitted.
        self._awaited: tuple[bytes, KnownHeader] | None = None

    @property
    def hasPartOfLine(self) -> bool:
        """Likewise, or whether a known header has come."""
        return self._awaited is not None or super().hasPartOfLine

    def dataReceived(self, data: bytes) -> None:
        """Some bytes of requests: one that is known again, or whatever else."""
        if self._awaited is not None:
            header, known = self._awaited
            self._awaited = None
            if self.isAtRest and len(data) == known.length and self._isTaken(known, data):
                return
            data = header + data
        elif self._isFresh and self.isAtRest and self._isRepeated(data):
            return
        super().dataReceived(data)

    def _isRepeated(self, data: bytes) -> bool:
        """Answer a request, if its header is known, and nothing more than all of it has come."""
        end = data.find(_END) + len(_END)
        header, body = data[:end] if end <= maxKnownBytes else b"", data[end:]
        known = self._known.get(header)
        if known is None or (body and len(body) != known.length):
            # To be known next time; an empty line before it may be there but once.
            self._header = b"" if header.startswith(b"\r") else header
            return False
        if len(body) == known.length:
            return self._isTaken(known, body)
        # Many clients send it by itself.
        self._awaited = header, known
        return True

    def _isTaken(self, known: KnownHeader, body: bytes) -> bool:
        """Take a request, if the limits of its address allow it; if not, the usual way says so."""
        request = RepeatedRequest(self, known, body)
        if not self._isAdmitted(request):
            return False
        self.begin(request)
        self.site.turns.do(costOf(len(body)), request.answer)
        return True

    def _isAdmitted(self, request: RepeatedRequest) -> bool:
        addresses, now = self.site.resource.addresses, self.site.reactor.seconds()
        # It has all that they ask a request for.
        asked: Any = request
        try:
            addresses.admit(asked, now, self.game)
            addresses.admitBytes(asked, len(request.body), now, self.game)
        except PanelError:
            return False
        return True

    def lineReceived(self, line: bytes) -> None:
        """A line of a header."""
        self._isFresh = False
        super().lineReceived(line)

    def allHeadersReceived(self) -> None:
        """The header is complete, and lets the request in."""
        super().allHeadersReceived()
        header, self._header = self._header, b""
        request: PanelRequest = self.requests[-1]
        if header.endswith(_END) and self._mayRepeat(request):
            request.header = (
                header,
                KnownHeader(
                    *(self.method, self.target, request.requestHeaders),
                    *(request.getClientAddress(), self.length or 0),
                ),
            )

    def _mayRepeat(self, request: PanelRequest) -> bool:
        return (
            request.refusal is None
            and self.length is not None
            and self.method in (b"GET", b"POST")
            and bool(self.persistent)
            # Such a client is to be told something before its body comes.
            and not request.requestHeaders.hasHeader(b"Expect")
            and bool(self.site.resource.answersAtOnce(self.target))
        )

    def requestDone(self, request: Any) -> None:
        """A request has been answered."""
        if isinstance(request, PanelRequest) and request.header and request.code == 200:
            header, found = request.header
            self._known[header] = found
            if len(self._known) > maxKnown:
                del self._known[next(iter(self._known))]
        self._isFresh = True
        super().requestDone(request)

    def writeAnswer(self, status: bytes, fields: AnswerFields, body: bytes) -> None:
        """
        Send a whole answer.

        @param status: its first line.
        """
        self.write(headOf(status, self.always, fields.getAllRawHeaders()) + body)

    @property
    def always(self) -> list[tuple[bytes, bytes]]:
        """The fields that all answers of this connection have, beside those of every answer."""
        raise NotImplementedError
