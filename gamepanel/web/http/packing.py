"""
Answers in fewer bytes, for those who can unpack them (RFC 9110, section 12.5.3).
"""

import zlib
from collections.abc import Iterator
from typing import Any, Final

packedFrom: Final = 8 * 1024
"""In bytes; shorter answers are sent as they are."""

pieceBytes: Final = 128 * 1024
"""So much is packed at once: half a millisecond for a console, four for random data."""

_LEVEL: Final = 1
"""The usual level takes five times that."""

_FORMAT: Final = 31
"""Gzip, with the largest window."""


def acceptsGzip(request: Any) -> bool:
    """Whether the client can unpack gzip, by C{Accept-Encoding}."""
    weights: dict[bytes, float] = {}
    for field in request.requestHeaders.getRawHeaders(b"Accept-Encoding", []):
        for member in field.split(b","):
            name, _, weight = member.partition(b";")
            weights[name.strip().lower()] = _weight(weight)
    found = [weights[name] for name in (b"gzip", b"x-gzip", b"*") if name in weights]
    return bool(found and found[0] > 0)


def _weight(parameter: bytes) -> float:
    name, _, value = parameter.replace(b" ", b"").partition(b"=")
    try:
        return float(value) if name.lower() == b"q" else 1.0
    except ValueError:
        return 0.0


def isPacked(request: Any) -> bool:
    """
    Whether a long answer is to be packed, which its header tells from now on. It must be without a
    secret: its length, packed, would tell of that to whoever can have something of their own put
    beside it and sees how much is sent.
    """
    request.responseHeaders.addRawHeader(b"Vary", b"Accept-Encoding")
    if not acceptsGzip(request):
        return False
    request.responseHeaders.setRawHeaders(b"Content-Encoding", [b"gzip"])
    return True


def pack(body: bytes) -> Iterator[bytes]:
    """An answer, packed; between the pieces others may have their turn."""
    packing = zlib.compressobj(_LEVEL, wbits=_FORMAT)
    for start in range(0, len(body), pieceBytes):
        yield packing.compress(body[start : start + pieceBytes])
    yield packing.flush()
