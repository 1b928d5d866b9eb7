"""
When the bytes of a log were read: a file of marks beside it, which the next daemon goes on with.

A mark is an index and a time: the bytes from there on, up to the next mark, were read at that
time or less than L{apart} later. It is written before its bytes are read, so that no byte that
is in the log after a C{kill -9} lies behind a mark that is too old for it. Each start of a game
has a mark, so no byte has a time of another run.
"""

import os
import struct
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

apart: Final = 1.0
"""Two marks are so many seconds apart at the least, but for those of starts."""

maxMarks: Final = 16_384

_HEADER: Final = struct.Struct("<8sQ")
_MAGIC: Final = b"gptime01"
_MARK: Final = struct.Struct("<Qd")


Mark = tuple[int, float]
"""The index of the first byte that was read then, and the time, in seconds since the epoch."""


class Times:
    """
    The marks of one log. No file is kept open; where it can't be used there are no marks.
    """

    def __init__(
        self,
        path: str,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """
        @param clock: in seconds, that nobody sets.
        @param now: seconds since the epoch.
        """
        self._path = path
        self._clock = clock
        self._now = now
        self._noted = float("-inf")

    def note(self, index: int) -> None:
        """What comes from this index on is read now."""
        moment = self._clock()
        if moment - self._noted < apart:
            return
        self._noted = moment
        # A log that can't have its times goes on without.
        with suppress(OSError):
            self._write((index, self._now()))

    def begin(self, index: int, at: float) -> None:
        """
        A start begins here, however long ago the last mark was.

        @param at: when, in seconds since the epoch.
        """
        with suppress(OSError):
            self._write((index, at), least=0)

    def _write(self, mark: Mark, least: float = apart) -> None:
        """
        @param least: leave the mark out if the last one is less than so many seconds older.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._path, flags, 0o600)
        try:
            count = _count(os.pread(descriptor, _HEADER.size, 0))
            if count:
                slot = os.pread(descriptor, _MARK.size, _place(count - 1))
                index, at = _MARK.unpack(slot.ljust(_MARK.size, b"\0"))
                if index > mark[0]:
                    # The disk has kept the file of another time.
                    count = 0
                elif index == mark[0]:
                    # Nothing was read then after all.
                    count -= 1
                elif 0 <= mark[1] - at < least:
                    return
            os.pwrite(descriptor, _MARK.pack(*mark), _place(count))
            os.pwrite(descriptor, _HEADER.pack(_MAGIC, count + 1), 0)
        finally:
            os.close(descriptor)

    def marks(self) -> Sequence[Mark]:
        """All that are kept, by index."""
        try:
            with open(self._path, "rb") as file:
                data = file.read()
        except OSError:
            return ()
        return _believed(data)


def _count(header: bytes) -> int:
    if len(header) < _HEADER.size:
        return 0
    magic, count = _HEADER.unpack(header)
    return int(count) if magic == _MAGIC else 0


def _place(number: int) -> int:
    return _HEADER.size + number % maxMarks * _MARK.size


def _believed(data: bytes) -> list[Mark]:
    """
    The marks that can be believed, by index: a crash of the host may have left any part of the
    file as it was before, and a kill the newest mark in the place of the oldest.
    """
    count = _count(data[: _HEADER.size])
    slots = data[_HEADER.size :]
    found = list(_MARK.iter_unpack(slots[: len(slots) // _MARK.size * _MARK.size]))
    if count <= maxMarks:
        found = found[:count]
    else:
        found = found[count % maxMarks :] + found[: count % maxMarks]
    believed: list[Mark] = []
    for mark in reversed(found):
        if mark[1] <= 0 or (believed and mark[0] >= believed[-1][0]):
            break
        believed.append(mark)
    return believed[::-1]


def within(marks: Sequence[Mark], start: int, end: int) -> Sequence[Mark]:
    """Those of a part of a log, and the last one at or before its start."""
    first = bisect_right(marks, start, key=lambda mark: mark[0])
    last = bisect_right(marks, end - 1, first, key=lambda mark: mark[0])
    return marks[max(first - 1, 0) : last]


def firstSince(marks: Sequence[Mark], since: float) -> int | None:
    """
    Where what was read at a time or later begins, as well as the marks tell: not behind it, and
    by less than L{apart} before it; None when nothing was.
    """
    # Not by bisection: somebody may have set the host's clock back.
    # To the millisecond, as they are told.
    earliest = round(since - apart, 3)
    return next((index for index, at in marks if round(at, 3) > earliest), None)
