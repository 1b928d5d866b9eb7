"""
Answers in fewer bytes, for those who can unpack them (RFC 9110, section 12.5.3).
"""

import gzip
from typing import Any, Final

packedFrom: Final = 8 * 1024
"""In bytes; shorter answers are sent as they are."""

_LEVEL: Final = 1
"""Half a millisecond for 128 KiB of a console; the usual level takes five times that."""


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


def pack(request: Any, body: bytes) -> bytes:
    """
    What is sent of a long answer; the header of the answer tells whether it is packed.

    @param body: without a secret: its length, packed, would tell of that to whoever can have
        something of their own put beside it and sees how much is sent.
    """
    if len(body) <= packedFrom:
        return body
    request.responseHeaders.addRawHeader(b"Vary", b"Accept-Encoding")
    if not acceptsGzip(request):
        return body
    request.responseHeaders.setRawHeaders(b"Content-Encoding", [b"gzip"])
    return gzip.compress(body, _LEVEL, mtime=0)
