"""
The console of a server: a log of bytes that survives its reader.

A L{Ring} lives in memory that the caller maps from a file, so that the kernel
keeps it when the daemon dies. It knows no file and no pipe: it hands out the
piece of memory that the next bytes belong in, and is told when they are there.

Exactly once
============

Bytes that left a pipe but are not in the log would be lost at a C{kill -9}, and
bytes that are in the log but counted as unread would be doubled. So each read
is announced first: a mark is put where the bytes will go, then C{target} is
stored, then that many bytes are read straight into the ring, then C{position}
becomes C{target}. When C{position != target} at the next start, the
mark tells whether the read had happened.
"""

import codecs
from typing import Final

from attrs import frozen

headerBytes: Final = 4096
"""Size in bytes of the header; a page, so that the log itself is page-aligned."""

maxIndex: Final = 2**53 - 1
"""No index is larger than this: JSON readers must be able to hold it."""

MAGIC: Final = int.from_bytes(b"gpring01", "little")
MARK: Final = b"\xff" * 16
"""Stands nowhere in UTF-8 text, so text that was read can not look like it."""

_MAGIC, _CAPACITY, _BASE, _POSITION, _TARGET = range(5)


class DamagedConsole(Exception):
    """The memory does not hold a ring, or one whose numbers can not be true."""


@frozen
class Chunk:
    """
    Some console output.

    @ivar start: index of the first byte, in bytes since the log began.
    @ivar data: the output itself, undecoded.
    """

    start: int
    data: bytes

    @property
    def end(self) -> int:
        """Index of the first byte after this chunk."""
        return self.start + len(self.data)


class Ring:
    """
    The newest part of a log, whose bytes are numbered since it began.

    @ivar capacity: size of the log in memory; L{len(MARK)<MARK>} bytes less are kept.
    """

    def __init__(self, memory: memoryview) -> None:
        """
        @param memory: L{headerBytes} and then the log, as L{Ring.format} made it; writable.

        @raise DamagedConsole: when it is not that.
        """
        self.capacity = len(memory) - headerBytes
        self._header = memory[:headerBytes].cast("Q")
        self._log = memory[headerBytes:]
        self._check()
        self._recover()

    @classmethod
    def format(cls, memory: memoryview, base: int = 0) -> "Ring":
        """
        Make a new, empty log.

        @param memory: at least L{headerBytes} and one byte.
        @param base: the index of its first byte.
        """
        header = memory[:headerBytes].cast("Q")
        header[_CAPACITY] = len(memory) - headerBytes
        header[_BASE] = header[_POSITION] = header[_TARGET] = base
        header[_MAGIC] = MAGIC
        return cls(memory)

    def _check(self) -> None:
        header = self._header
        if header[_MAGIC] != MAGIC or header[_CAPACITY] != self.capacity:
            raise DamagedConsole("it does not begin as a console of this size does")
        base, position, target = header[_BASE], header[_POSITION], header[_TARGET]
        if not base <= position <= target <= min(position + self.capacity, maxIndex):
            raise DamagedConsole("its numbers contradict one another")

    def _recover(self) -> None:
        """Finish or forget the read that was under way when the last reader died."""
        position, target = self.position, self._header[_TARGET]
        if position == target:
            return
        start = position % self.capacity
        size = min(len(MARK), target - position)
        if self._log[start : start + size] == MARK[:size]:
            self._header[_TARGET] = position
        else:
            self._header[_POSITION] = target

    @property
    def position(self) -> int:
        """Index of the next byte: the end of the log."""
        return self._header[_POSITION]

    @property
    def oldest(self) -> int:
        """Index of the oldest byte that is kept."""
        # Not all of the capacity: a mark may have been put over the bytes that
        # the next read would have replaced.
        kept = self.capacity - len(MARK)
        return max(self._header[_BASE], self._header[_POSITION] - kept)

    def announce(self, waiting: int) -> memoryview:
        """
        Prepare to take in bytes that wait somewhere.

        @param waiting: how many there are, at least 1.

        @return: where to put them; as many as fit before the ring's end.
        """
        position = self._header[_POSITION]
        start = position % self.capacity
        size = min(waiting, self.capacity - start)
        marked = min(len(MARK), size)
        self._log[start : start + marked] = MARK[:marked]
        self._header[_TARGET] = position + size
        return self._log[start : start + size]

    def filled(self, size: int) -> None:
        """
        So many of the announced bytes are there.
        """
        self._header[_TARGET] = self._header[_POSITION] + size
        self._header[_POSITION] = self._header[_TARGET]

    def append(self, data: bytes) -> None:
        """Take in bytes that come from no pipe."""
        rest = memoryview(data)
        while rest:
            room = self.announce(len(rest))
            room[:] = rest[: len(room)]
            self.filled(len(room))
            rest = rest[len(room) :]

    def read(self, start: int, limit: int) -> Chunk:
        """
        Some of what is kept.

        @param start: the index to begin at; the oldest byte or the end of the
            log where that is before or beyond.
        @param limit: how many bytes at most.
        """
        start = min(max(start, self.oldest), self.position)
        end = min(start + limit, self.position)
        first = start % self.capacity
        size = end - start
        data = bytes(self._log[first : first + size])
        if len(data) < size:
            data += bytes(self._log[: size - len(data)])
        return Chunk(start, data)


def decode(data: bytes, final: bool) -> tuple[str, int]:
    """
    Whole characters of UTF-8; what is none becomes U+FFFD.

    However a stream is cut into pieces, decoding each from where the last one
    ended gives the same text.

    @param final: whether nothing can follow that would complete a character at the end.

    @return: the text, and how many bytes it stands for.
    """
    return codecs.utf_8_decode(data, "replace", final)
