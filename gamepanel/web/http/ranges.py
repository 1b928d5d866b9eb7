"""
Which bytes of a file an answer has (RFC 9110, section 14), and what its header says of the file.
"""

import re
from email.utils import formatdate
from typing import Final
from urllib.parse import quote

from gamepanel.base.errors import BadRange

_RANGE: Final = re.compile(
    rb"bytes=[ \t]*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))[ \t]*", re.I
)

_PLAIN: Final = re.compile(r"[^\x20-\x7e]|[\"\\%]")
"""What a name in quotes had better not have: readers differ in how they take it."""


def rangeOf(header: bytes | None, size: int) -> tuple[int, int] | None:
    """
    The bytes that a C{Range} asks for.

    @param header: what is no single range of bytes is ignored, as the RFC has it.
    @param size: of the file, in bytes.

    @return: the first byte, and that behind the last; None for the whole file.

    @raise BadRange: when the file has none of them.
    """
    match = _RANGE.fullmatch(header or b"")
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        start, end = max(size - int(suffix), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        raise BadRange()
    return start, end


def isSame(ifRange: bytes | None, tag: bytes, modified: bytes) -> bool:
    """
    Whether a file is that of which a client has some, by its C{If-Range}.

    @param tag: C{ETag} of the file.
    @param modified: its C{Last-Modified}.
    """
    return ifRange is None or ifRange.strip() in (tag, modified)


def dateOf(seconds: float) -> bytes:
    """A time since the Unix epoch as HTTP has it."""
    return formatdate(int(seconds), usegmt=True).encode()


def attachment(name: str) -> bytes:
    """
    The C{Content-Disposition} of a file to be saved (RFC 6266): by a name in ASCII for old readers,
    and by its own.
    """
    plain = _PLAIN.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}".encode()
