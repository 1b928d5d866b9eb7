"""
Parses the head of an HTTP/1.1 request: its request line and its header fields (RFC 9112).

What two readers could understand differently (request smuggling) is refused: folded fields, bare
CR or LF, white space before a colon, several lengths. U{llhttp<https://llhttp.org>}, by way of
C{httptools}, was tried in place of this: it takes a request line without a version or with two
spaces, HTTP/0.9 and 2.0, absolute URLs and C{gzip, chunked}, bounds neither fields nor chunks,
can't pause between pipelined requests, and does not say how large a chunk is to be.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from msgspec import Struct, field
from twisted.web.http import parse_qs
from twisted.web.http_headers import Headers

from gamepanel.base.errors import BadRequest
from gamepanel.wire.causes import because

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
    memo: dict[str, T] | None = getattr(request, "memo", None)
    if memo is None:
        return find(request)
    if name not in memo:
        memo[name] = find(request)
    return memo[name]
