"""
A request with its whole body, as endpoints get it: its head, its answer or refusal, and the
connections that this is sent over.
"""

import re
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from itertools import repeat
from operator import call
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.tcp import Server
from twisted.internet.unix import Server as UNIXServer
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import NO_BODY_CODES, RESPONSES, parse_qs, toChunk
from twisted.web.http_headers import Headers
from twisted.web.server import NOT_DONE_YET

from gamepanel.base.errors import BadRequest, NoSpace, PanelError, RequestTimeout
from gamepanel.disk.shortages import shortageLog
from gamepanel.web.http.largebody import LargeBody
from gamepanel.web.http.packing import isPacked, pack, packedFrom, pieceBytes
from gamepanel.web.http.problems import (
    bodyOf,
    contentSecurity,
    headersOf,
    httpStatusOf,
    securityHeaders,
)
from gamepanel.wire.causes import because

_encode: Final = msgspec.json.Encoder().encode
_log: Final = Logger()


class Encoded(bytes):
    """An answer that is JSON already."""


def reply(request: Any, answer: Struct | bytes) -> bytes | Coroutine[Any, Any, bytes]:
    """
    @param answer: to encode, or already encoded, or the end of a stream.

    @return: the body; later, where it is so long that packing it would keep others waiting.
    """
    if not isinstance(answer, bytes):
        body = _encode(answer)
    elif isinstance(answer, Encoded):
        body = answer
    else:
        return answer
    isLong = len(body) > packedFrom and not getattr(answer, "holdsSecret", False)
    if isLong and isPacked(request):
        if len(body) > pieceBytes:
            return _packed(request, body)
        body = b"".join(pack(body))
    return _described(request, body)


async def _packed(request: Any, body: bytes) -> bytes:
    """A long body, packed in turns."""
    pieces = []
    for piece in pack(body):
        pieces.append(piece)
        await request.turn(pieceBytes)
        if request.channel is None:
            # The client has left.
            return b""
    return _described(request, b"".join(pieces))


def _described(request: Any, body: bytes) -> bytes:
    """A body, after what its answer has in its header."""
    headers = request.responseHeaders
    headers.setRawHeaders(b"Content-Type", _JSON)
    headers.setRawHeaders(b"Cache-Control", _NO_STORE)
    headers.setRawHeaders(b"Content-Length", [b"%d" % len(body)])
    return body


_JSON: Final = [b"application/json"]
_NO_STORE: Final = [b"no-store"]


def refuse(request: Any, error: PanelError, allow: tuple[str, ...] = ()) -> bytes:
    """
    Answer with an error.

    @param allow: the methods that the endpoint takes.

    @return: the body.
    """
    return _refuse(request, error, allow, None)


def _refuse(
    request: Any, error: PanelError, allow: tuple[str, ...], requestId: str | None
) -> bytes:
    if isinstance(error, NoSpace):
        shortageLog.say(error)
    body, status = bodyOf(error, requestId), httpStatusOf(error)
    request.setResponseCode(status, status.phrase.encode())
    for name, value in headersOf(error, allow):
        request.setHeader(name, value)
    request.setHeader(b"Content-Length", b"%d" % len(body))
    return body


def broken(request: Any, failure: Failure, log: Logger) -> bytes:
    """
    Answer for a bug: logged once, told without detail.

    @return: the body.
    """
    requestId = secrets.token_hex(8)
    log.failure("bug in answering {path} ({id})", failure, path=request.path, id=requestId)
    return _refuse(request, PanelError(), (), requestId)


def failed(request: Any, failure: Failure) -> bytes:
    """
    Answer for what was raised: a refusal, or a bug.

    @return: the body.
    """
    if isinstance(failure.value, PanelError):
        return refuse(request, failure.value)
    return broken(request, failure, _log)


def answerLater(request: Any, answer: Deferred[bytes], isCancelled: bool = True) -> int:
    """
    Answer a request when the answer is there.

    @param isCancelled: whether the answer is cancelled when the client leaves before. If not, what
        was begun is finished, and its result goes nowhere, except for a bug, which is logged.
    """
    left = False

    def leave(reason: Failure) -> None:
        nonlocal left
        left = True
        if isCancelled:
            answer.cancel()

    def write(body: bytes) -> None:
        if not left:
            request.write(body)
            request.finish()

    def refused(failure: Failure) -> bytes:
        if not left:
            return failed(request, failure)
        if not failure.check(CancelledError, PanelError):
            _log.failure("bug in answering {path}", failure, path=request.path)
        return b""

    request.notifyFinish().addErrback(leave)
    answer.addErrback(refused)
    answer.addCallback(write)
    return NOT_DONE_YET


maxFields: Final = 64

maxHeadBytes: Final = 8192
"""Of the lines of a head, without their ends."""

maxRawBytes: Final = maxHeadBytes + 2 * (maxFields + 2)
"""Of a head as it comes."""

_REQUEST_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (/[\x21-\x7e]*) (HTTP/1\.[01])")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*+([^\x00\r\n]*)")
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")

T = TypeVar("T")


class Head(Struct, frozen=True):
    """
    The head of a request.

    @ivar path: without the query.
    @ivar args: the fields of the query.
    @ivar version: C{HTTP/1.1} or C{HTTP/1.0}.
    @ivar length: of the body, in bytes; None when it comes in chunks.
    @ivar isPersistent: whether the connection stays open after the answer (keep-alive).
    @ivar expectsContinue: whether the client waits for C{100 Continue} before it sends the body.
    @ivar memo: cache of what follows from this head and its connection alone, see L{once}.
    """

    method: bytes
    path: bytes
    args: Mapping[bytes, list[bytes]]
    version: bytes
    fields: Headers
    length: int | None
    isPersistent: bool
    expectsContinue: bool
    memo: dict[str, Any] = field(default_factory=dict)


def parse(raw: bytes) -> Head:
    """
    @param raw: all of the head, with the empty line that ends it.

    @raise BadRequest: when it is malformed or too large.
    """
    first, *lines = raw[:-4].split(b"\r\n")
    method, target, version = parseRequestLine(first)
    if len(lines) > maxFields or len(raw) - 2 * (len(lines) + 2) > maxHeadBytes:
        raise BadRequest(because("header_too_large"))
    fields = Headers()
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            if line[:1] in (b" ", b"\t"):
                raise BadRequest(because("folded_header"))
            raise BadRequest(because("bad_header"))
        fields.addRawHeader(match[1], match[2].rstrip(b" \t"))
    path, _, query = target.partition(b"?")
    return Head(
        method,
        path,
        parse_qs(query, True) if query else {},
        version,
        fields,
        _lengthOf(fields),
        version == b"HTTP/1.1" and b"close" not in _words(fields, b"Connection"),
        version == b"HTTP/1.1" and b"100-continue" in _words(fields, b"Expect"),
    )


def parseRequestLine(line: bytes) -> tuple[bytes, bytes, bytes]:
    """
    @return: method, path with its query, version.

    @raise BadRequest: when it is malformed.
    """
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise BadRequest(because("bad_request_line"))
    method, target, version = match.groups()
    return method, target, version


def _lengthOf(fields: Headers) -> int | None:
    lengths = fields.getRawHeaders(b"Content-Length", [])
    match [*lengths, *fields.getRawHeaders(b"Transfer-Encoding", [])]:
        case []:
            return 0
        case [length] if lengths and _LENGTH.fullmatch(length):
            return int(length)
        case [coding] if not lengths and coding.lower() == b"chunked":
            return None
    raise BadRequest(because("bad_length"))


def _words(fields: Headers, name: bytes) -> set[bytes]:
    """The members of a list in a field."""
    return {
        word.strip().lower()
        for value in fields.getRawHeaders(name, [])
        for word in value.split(b",")
    }


def once(request: Any, name: str, find: Callable[[Any], T]) -> T:
    """
    Cache what follows from the head of a request and its connection, and from nothing else: many
    clients send the same head again and again.

    @param request: one without a C{memo}, as Twisted's are, has no cache.
    @param name: the key.
    @param find: finds it; what it raises is not kept.
    """
    memo: dict[str, T] = request.memo
    if name not in memo:
        memo[name] = find(request)
    return memo[name]


smallBytes: Final = 65_536
"""Whatever is no more than this is sent at once, where nothing is in its way."""

_plain: Final = (Server, UNIXServer)
"""Connections over which is sent just what is written to them."""


def writerTo(transport: Any) -> Callable[[bytes], None]:
    """
    Sends at once what the kernel takes, where nothing else waits to be sent, and the rest when it
    can be. Twisted always lets the reactor tell first that something can be sent, which costs two
    calls of the kernel and another turn. Much at once would keep others waiting: only so much as
    the reactor lets through.

    What waits is in C{dataBuffer} and counted in C{_tempDataLen}, which Twisted keeps private.

    @param transport: a connection; when it is lost, nothing is sent any more.

    @return: what sends. A console that many watch is sent by little else, so all that stays as it
        is has been looked up before.
    """
    if type(transport) not in _plain:
        write: Callable[[bytes], None] = transport.write
        return write
    send: Callable[[bytes], int] = transport.socket.send

    def sendNow(data: bytes) -> None:
        if not (transport.dataBuffer or transport._tempDataLen) and len(data) <= smallBytes:
            try:
                sent = send(data)
            except OSError:
                # Nothing is taken now, or the connection is lost, which the reactor is to find.
                sent = 0
            if sent == len(data):
                return
            data = data[sent:]
        transport.write(data)

    return sendNow


class Outlet:
    """
    A connection, to send over.

    @ivar transport: the connection.
    @ivar write: sends, see L{writerTo}.
    @ivar send: gives the kernel what that takes of it, and says how much; None where more is to
        be done than to send.
    """

    __slots__ = ("send", "transport", "write")

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.write = writerTo(transport)
        isPlain = type(transport) in _plain
        self.send: Callable[[bytes], int] | None = transport.socket.send if isPlain else None


class Outlets:
    """
    Several connections that are sent the same.
    """

    def __init__(self, outlets: Sequence[Outlet]) -> None:
        """
        @param outlets: at least one.
        """
        self._outlets = outlets
        self._sends = [outlet.send for outlet in outlets if outlet.send is not None]
        self._areAllPlain = len(self._sends) == len(outlets)
        self._reactor: Any = outlets[0].transport.reactor if self._areAllPlain else None

    def send(self, data: bytes) -> list[tuple[int, Outlet, bytes]]:
        """
        Send it at once over each that takes it.

        Nearly all that one more who watches a console costs is here. So while the reactor has
        nothing to send to anybody, which would have to go first, the loop over all is one of
        C{map}.

        @return: which take only some of it, or none, and what is left to be written to each.
        """
        sent: list[int] = []
        if self._areAllPlain and len(data) <= smallBytes and not self._reactor.getWriters():
            # The first that takes nothing ends it.
            with suppress(OSError):
                sent.extend(map(call, self._sends, repeat(data)))
            if len(sent) == len(self._outlets) and sent.count(len(data)) == len(sent):
                return []
        sent += [0] * (len(self._outlets) - len(sent))
        return [
            (number, outlet, data[size:])
            for number, (outlet, size) in enumerate(zip(self._outlets, sent, strict=True))
            if size < len(data)
        ]


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
    @ivar isLate: whether its body has got more time than others.
    @ivar memo: see L{Head}.
    """

    refusal: PanelError | None = None
    body = b""
    upload: LargeBody | None = None
    isLate = False
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

    async def turn(self, size: int) -> None:
        """
        Wait for the turn of work on some of what was sent, or is: others have theirs before.

        @param size: of that, in bytes.
        """
        if self.channel is not None:
            await self.channel.site.turns.next(size)

    def answer(self) -> None:
        """Answer, at once or when the answer is there."""
        if self.channel is None:
            # The client has left before it was its turn.
            return
        root = self.channel.site.resource
        try:
            refusal = self.refusal
            answer = root.render(self) if refusal is None else root.refuse(self, refusal)
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
        self.write(broken(self, reason, log))
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
