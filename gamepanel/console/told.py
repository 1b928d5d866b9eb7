"""
Which parts of a log the daemon has written, and not the game: no pattern is searched in them.

They are noted in a small file beside the log, each before it is in the log, with a check sum. So
a daemon that is killed in between leaves a note of what is not there, and the next one sees by the
sum that what came to stand there is the game's.

The standby reader imports this, too (L{gamepanel.console.standby}): so it is plain Python
that brings in nothing large.
"""

import os
import struct
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple
from zlib import crc32

from gamepanel.disk.replacing import replaceFile

_NOTE: Final = struct.Struct("<QII")
"""Index, size and CRC-32 of what was written; the size has L{_INSIDE} in it."""

_INSIDE: Final = 2**31

maxStale: Final = 1024
"""So many notes of what is not kept any more are left in the file at most."""


class Span(NamedTuple):
    """
    A part of a log.

    @ivar start: index of its first byte.
    @ivar end: index of the first byte after it.
    @ivar sum: its CRC-32.
    @ivar isInside: whether it stands within a line that the game had not ended.
    """

    start: int
    end: int
    sum: int
    isInside: bool

    def note(self) -> bytes:
        """As the file has it."""
        flag = _INSIDE if self.isInside else 0
        return _NOTE.pack(self.start, (self.end - self.start) | flag, self.sum)


ReadLog = Callable[[int, int], tuple[int, bytes]]
"""Reads from an index on so many bytes at most: the index of the first that is kept, and them."""


class Told:
    """
    The parts of one log that are the daemon's own. No file is kept open.
    """

    def __init__(self, path: str | None) -> None:
        """@param path: of the file of notes; None for a log that does not outlive us."""
        self._path = path
        self._spans: list[Span] | None = None

    def note(self, read: ReadLog, start: int, data: bytes) -> None:
        """
        What the daemon is about to write.

        @param read: reads the log.
        @param start: the index that it will have.

        @raise OSError: when it can't be noted; it must not be written then.
        """
        spans = self._known(read)
        while spans and spans[-1].end > start:
            # It was noted, and then could not be written.
            spans.pop()
        span = Span(start, start + len(data), crc32(data), self._isInside(read, start))
        if self._path is not None:
            self._append(self._path, span)
        spans.append(span)
        oldest, _ = read(0, 0)
        stale = bisect_right(spans, oldest, key=lambda each: each.end)
        if stale > maxStale:
            del spans[:stale]
            self._rewrite(spans)

    def _isInside(self, read: ReadLog, index: int) -> bool:
        """Whether the game has not ended the line that it has begun before this index."""
        spans = self._known(read)
        if spans and spans[-1].end == index:
            return spans[-1].isInside
        start, data = read(index - 1, 1) if index else (0, b"")
        return start == index - 1 and data not in (b"", b"\n")

    def next(self, read: ReadLog, index: int) -> Span | None:
        """The first part of the daemon's own that ends behind an index, if there is one."""
        spans = self._known(read)
        if not spans or spans[-1].end <= index:
            return None
        return spans[bisect_right(spans, index, key=lambda each: each.end)]

    def masked(self, read: ReadLog, start: int, data: bytes) -> bytes:
        """
        A part of the log as patterns are to see it: what is the daemon's own are empty lines, or,
        within a line that the game had not ended, characters that are not looked at.

        @param start: index of its first byte.
        """
        end = start + len(data)
        span = self.next(read, start)
        while span is not None and span.start < end:
            begin, behind = max(span.start - start, 0), min(span.end - start, len(data))
            filler = b"\0" if span.isInside else b"\n"
            data = data[:begin] + filler * (behind - begin) + data[behind:]
            span = self.next(read, span.end)
        return data

    def _known(self, read: ReadLog) -> list[Span]:
        if self._spans is None:
            noted = self._load()
            self._spans = _believed(noted, read)
            if len(self._spans) < len(noted):
                self._rewrite(self._spans)
        return self._spans

    def _load(self) -> list[Span]:
        if self._path is None:
            return []
        try:
            with open(self._path, "rb") as file:
                data = file.read()
        except OSError:
            return []
        notes = _NOTE.iter_unpack(data[: len(data) // _NOTE.size * _NOTE.size])
        return [
            Span(start, start + (size & ~_INSIDE), sum, bool(size & _INSIDE))
            for start, size, sum in notes
        ]

    def _append(self, path: str, span: Span) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o600)
        try:
            os.write(descriptor, span.note())
        finally:
            os.close(descriptor)

    def _rewrite(self, spans: list[Span]) -> None:
        """Forget the other notes. If that fails, they are only a waste."""
        if self._path is None:
            return
        with suppress(OSError):
            replaceFile(self._path, b"".join(span.note() for span in spans), isSynced=False)


def _believed(noted: list[Span], read: ReadLog) -> list[Span]:
    """
    Those notes that are true: what they tell of is in the log, or was. Of one whose beginning is
    not kept any more that can't be known; then it is better to search too little.
    """
    oldest, _ = read(0, 0)
    believed: list[Span] = []
    for span in sorted(noted):
        if span.end <= oldest or span.end <= span.start:
            continue
        start, data = read(span.start, span.end - span.start)
        isWhole = start == span.start and len(data) == span.end - span.start
        isCut = span.start < oldest < span.end
        if (isWhole and crc32(data) == span.sum) or (isCut and start + len(data) >= span.end):
            believed.append(span)
    return believed
