"""
Decodes a chunked body (RFC 9112, section 7.1) within bounds.
"""

import re
from collections.abc import Callable
from typing import Final

from gamepanel.base.errors import BadRequest
from gamepanel.wire.causes import because

maxChunks: Final = 128
"""Of a body: each costs more than a thousand bytes do."""

maxSizeLine: Final = 1024
"""Bytes of the line with the size of a chunk: extensions may be there, and are ignored."""

maxTrailerBytes: Final = 8192
"""Fields behind the body; they are ignored."""

_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;[\t\x20-\x7e\x80-\xff]*)?")


class ChunkedBody:
    """
    A body that comes in chunks, any of which may be refused as soon as it says how large it is.
    """

    def __init__(self, admit: Callable[[int, int], None]) -> None:
        """
        @param admit: raises what a chunk is refused with; it gets the size of the body so far, and
            that of the chunk, in bytes.
        """
        self._admit = admit
        self._body = bytearray()
        # Of the chunk that comes, in bytes; None while its size has not come.
        self._size: int | None = None
        self._chunks = self._trailerBytes = 0

    def take(self, buffer: bytearray) -> bytes | None:
        """
        Decode what has come.

        @param buffer: what is decoded is removed from it.

        @return: the body, when it is complete.

        @raise BadRequest: when it is malformed, or has too many chunks.
        """
        while self._size != 0:
            if self._size is None:
                line = self._line(buffer, maxSizeLine)
                if line is None:
                    return None
                self._size = self._sizeIn(line)
            elif len(buffer) < self._size + 2:
                return None
            elif buffer[self._size : self._size + 2] != b"\r\n":
                raise _malformed()
            else:
                self._body += buffer[: self._size]
                del buffer[: self._size + 2]
                self._size = None
        while (line := self._line(buffer, maxTrailerBytes - self._trailerBytes)) is not None:
            if not line:
                return bytes(self._body)
            self._trailerBytes += len(line) + 2
        return None

    def _line(self, buffer: bytearray, most: int) -> bytes | None:
        end = buffer.find(b"\r\n")
        # The last byte may be the first of its end.
        if (len(buffer) - 1 if end < 0 else end) > most:
            raise _malformed()
        if end < 0:
            return None
        line = bytes(buffer[:end])
        del buffer[: end + 2]
        return line

    def _sizeIn(self, line: bytes) -> int:
        match = _SIZE.fullmatch(line)
        if match is None:
            raise _malformed()
        size = int(match[1], 16)
        if size:
            self._chunks += 1
            if self._chunks > maxChunks:
                raise BadRequest(because("too_many_chunks"))
            self._admit(len(self._body), size)
        return size


def _malformed() -> BadRequest:
    return BadRequest(because("bad_http"))
