"""
The console of a server: a log of bytes that survives its reader.

A L{Ring} lives in memory that the caller maps from a file, so that the kernel
keeps it when the daemon dies. It opens no file and no pipe: it hands out the
piece of memory that the next bytes belong in, and is told when they are there (L{readInto}).

Exactly once
============

Bytes that left a pipe but are not in the log would be lost at a C{kill -9}, and
bytes that are in the log but counted as unread would be doubled. So each read
is announced first: the memory where the bytes will go is made ready (resident and
writable), a sentinel is put there, then C{target} is stored, then that many bytes are read
straight into the ring, then C{position} becomes C{target}. When C{position != target}
at the next start, the sentinel tells whether the read had happened.

Without the first step a kill could hit the kernel while it waits for a page of the
ring: then a part of the bytes has left the pipe, the sentinel is gone, and the whole read
would count.

When the host itself dies
=========================

Then the disk may have any page of the file as it was at any time. So now and then a
L{Checkpoint} is made, which says how far the log was and what was in it, in check
sums. After a crash only what fits them counts. Bytes that were printed later are
gone; their indexes are too: the log goes on behind a L{jump}, so that no index ever
stands for two bytes.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from fcntl import ioctl
from functools import partial
from termios import FIONREAD
from typing import Final, NamedTuple

from gamepanel.console.checkpoint import BlockSums, Checkpoint, fitting
from gamepanel.console.told import Told

headerBytes: Final = 4096
"""Size in bytes of the header; a page, so that the log itself is page-aligned."""

maxIndex: Final = 2**53 - 1
"""No index is larger than this: JSON readers must be able to hold it."""

MAGIC: Final = int.from_bytes(b"gpring01", "little")
SENTINEL: Final = b"\xff" * 16
"""Stands nowhere in UTF-8 text, so text that was read can not look like it."""

_MAGIC, _CAPACITY, _BASE, _POSITION, _TARGET, _GAP, _BEFORE, _AFTER = range(8)

jump: Final = 2**36
"""How far the indexes go on behind the last checkpoint: more than is printed between two."""


Populate = Callable[[int, int], None]
"""
Makes a part of a ring's memory, given by its first byte and its size, resident and
writable; raises C{OSError}, and has done nothing, when that is not possible.
"""


Fetch = Callable[[int, int], bytes]
"""
What is in a part of a ring's memory, given by its first byte and its size; raises C{OSError}
when the disk does not give that.
"""


def alwaysReady(start: int, size: int) -> None:
    """The L{Populate} of memory that is no file's."""


def unnoted(index: int) -> None:
    """For a log of which nobody wants to know when it was read."""


class DamagedConsole(Exception):
    """The memory does not hold a ring, or one whose numbers can not be true."""


class Chunk(NamedTuple):
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


def _check(header: memoryview, capacity: int) -> None:
    if header[_MAGIC] != MAGIC or header[_CAPACITY] != capacity:
        raise DamagedConsole("it does not begin as a console of this size does")
    base, position, target = header[_BASE], header[_POSITION], header[_TARGET]
    if not base <= position <= target <= position + capacity:
        raise DamagedConsole("its numbers contradict one another")
    before, after = header[_BEFORE], header[_AFTER]
    if not before <= after <= maxIndex - target or header[_GAP] > position:
        raise DamagedConsole("its numbers contradict one another")


class Ring:
    """
    The newest part of a log, whose bytes are numbered since it began.

    Inside, bytes are counted without the gaps that crashes of the host have left.
    Behind such a gap an index is larger than the count by another number than before
    it; of gaps that are kept, there is one at the most.

    @ivar capacity: size of the log in memory; L{len(SENTINEL)<SENTINEL>} bytes less are kept.
    @ivar told: which parts of it are the daemon's own.
    @ivar load: makes a part of its memory resident, to be read; raises C{OSError} when the disk
        does not give it.
    @ivar idleLooks: zero when it was just read or written; others count here.
    """

    def __init__(
        self,
        memory: memoryview,
        populate: Populate = alwaysReady,
        note: Callable[[int], None] = unnoted,
    ) -> None:
        """
        @param memory: L{headerBytes} and then the log, as L{Ring.format} made it; writable.
        @param populate: makes a part of it ready to be read into.
        @param note: called with the index of what is going to be taken in, before it is.

        @raise DamagedConsole: when it is not that.
        """
        self.capacity = len(memory) - headerBytes
        self.told = Told(None)
        self.load: Populate = alwaysReady
        self.idleLooks = 0
        self._sums = BlockSums()
        self._populate = populate
        self._note = note
        self._header = memory[:headerBytes].cast("Q")
        self._log = memory[headerBytes:]
        _check(self._header, self.capacity)
        self._recover()

    @classmethod
    def format(
        cls,
        memory: memoryview,
        base: int = 0,
        populate: Populate = alwaysReady,
        note: Callable[[int], None] = unnoted,
    ) -> "Ring":
        """
        Make a new, empty log.

        @param memory: at least L{headerBytes} and one byte.
        @param base: the index of its first byte.
        @param populate: makes a part of the memory ready to be read into.
        @param note: see L{__init__}.
        """
        header = memory[:headerBytes].cast("Q")
        header[_CAPACITY] = len(memory) - headerBytes
        header[_BASE] = header[_POSITION] = header[_TARGET] = 0
        header[_GAP] = 0
        header[_BEFORE] = header[_AFTER] = base
        header[_MAGIC] = MAGIC
        return cls(memory, populate, note)

    def _recover(self) -> None:
        """Finish or forget the read that was under way when the last reader died."""
        position, target = self._header[_POSITION], self._header[_TARGET]
        if position == target:
            return
        start = position % self.capacity
        size = min(len(SENTINEL), target - position)
        if self._log[start : start + size] == SENTINEL[:size]:
            self._header[_TARGET] = position
        else:
            self._header[_POSITION] = target

    @property
    def position(self) -> int:
        """Index of the next byte: the end of the log."""
        return self._header[_POSITION] + self._header[_AFTER]

    @property
    def oldest(self) -> int:
        """Index of the oldest byte that is kept."""
        return self._index(self._oldest)

    def _index(self, count: int) -> int:
        """The index of a byte, for its count."""
        shift = _BEFORE if count < self._header[_GAP] else _AFTER
        return count + self._header[shift]

    def _count(self, index: int) -> int:
        """The count of the first byte that is kept at this index or after it."""
        gap = self._header[_GAP]
        if index < gap + self._header[_BEFORE]:
            return max(index - self._header[_BEFORE], self._oldest)
        return min(max(index - self._header[_AFTER], gap, self._oldest), self._header[_POSITION])

    @property
    def _oldest(self) -> int:
        # Not all of the capacity: a sentinel may have been put over the bytes that
        # the next read would have replaced.
        kept = self.capacity - len(SENTINEL)
        return max(self._header[_BASE], self._header[_POSITION] - kept)

    @property
    def mapping(self) -> object:
        """What its memory is a view of: that of a file is a C{mmap}."""
        return self._log.obj

    def announce(self, waiting: int) -> memoryview:
        """
        Prepare to take in bytes that wait somewhere.

        @param waiting: how many there are, at least 1.

        @return: where to put them; as many as fit before the ring's end.

        @raise OSError: when its memory can't be had; nothing is announced then.
        """
        position = self._header[_POSITION]
        start = position % self.capacity
        size = min(waiting, self.capacity - start)
        self.idleLooks = 0
        self._populate(headerBytes + start, size)
        self._note(self.position)
        length = min(len(SENTINEL), size)
        self._log[start : start + length] = SENTINEL[:length]
        self._header[_TARGET] = position + size
        return self._log[start : start + size]

    def filled(self, size: int) -> None:
        """
        So many of the announced bytes are there.
        """
        self._header[_TARGET] = self._header[_POSITION] + size
        self._header[_POSITION] = self._header[_TARGET]

    def append(self, data: bytes) -> None:
        """
        Take in bytes that come from no pipe.

        @raise OSError: when its memory can't be had; the first of them may be there then.
        """
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

        @return: where the disk does not give them, none at the end of the log: as if they were not
            kept any more.
        """
        begin = self._count(start)
        end = min(begin + limit, self._header[_POSITION])
        if begin < self._header[_GAP]:
            end = min(end, self._header[_GAP])
        try:
            return Chunk(self._index(begin), self._bytes(begin, end))
        except OSError:
            return Chunk(self.position, b"")

    def _loaded(self, start: int, size: int) -> bytes:
        """The L{Fetch} of its memory: reading a page that the disk does not give would kill us."""
        self.idleLooks = 0
        self.load(start, size)
        return bytes(self._log[start - headerBytes : start - headerBytes + size])

    def _bytes(self, begin: int, end: int, fetch: Fetch | None = None) -> bytes:
        fetch = fetch or self._loaded
        first, size = begin % self.capacity, max(end - begin, 0)
        ahead = min(size, self.capacity - first)
        data = fetch(headerBytes + first, ahead) if ahead else b""
        return data + fetch(headerBytes, size - ahead) if ahead < size else data

    def close(self) -> None:
        """
        Let go of the memory and so of the file behind it. The numbers stay as they were;
        of the bytes none is kept.
        """
        numbers = bytearray(self._header)
        memory = memoryview(numbers)
        self._header, self._log = memory.cast("Q"), memory[:0]
        self._populate = self.load = alwaysReady
        self._header[_BASE] = self._header[_POSITION]

    def checkpoint(self, isOpen: bool, fetch: Fetch | None = None) -> Checkpoint:
        """
        How the log is now. It may be made in a thread while more is taken in, in one at a time.

        @param isOpen: whether something can be printed after it.
        @param fetch: reads its memory where that must not become resident by it.

        @raise OSError: when the disk does not give what is in it.
        """
        header = list(self._header[_CAPACITY : _AFTER + 1])
        position = header[_POSITION - 1]
        header[_TARGET - 1] = position
        self._sums.update(lambda: self._oldest, position, partial(self._bytes, fetch=fetch))
        # What has been taken in meanwhile may have replaced some of it.
        sure = max(self._oldest, self._header[_TARGET] - self.capacity)
        return Checkpoint(tuple(header), self._sums.since(sure), isOpen)

    @classmethod
    def restore(
        cls,
        memory: memoryview,
        checkpoint: Checkpoint,
        populate: Populate = alwaysReady,
        note: Callable[[int], None] = unnoted,
    ) -> "Ring":
        """
        A log after the host has died: what still is as the checkpoint says.

        @param populate: makes a part of the memory ready to be read into.
        @param note: see L{__init__}.

        @raise DamagedConsole: when the checkpoint is another log's.
        """
        header = memory[:headerBytes].cast("Q")
        if len(checkpoint.header) != _AFTER or checkpoint.header[0] != len(memory) - headerBytes:
            raise DamagedConsole("its checkpoint is that of another")
        header[_MAGIC] = MAGIC
        for number, value in enumerate(checkpoint.header, _CAPACITY):
            header[number] = value
        ring = cls(memory, populate, note)
        ring._header[_BASE] = fitting(checkpoint.sums, ring._header[_POSITION], ring._bytes)
        if checkpoint.isOpen:
            ring._leap()
        return ring

    def _leap(self) -> None:
        """Go on with indexes that were never given out."""
        if self._oldest < self._header[_GAP]:
            self._header[_BASE] = self._header[_GAP]
        self._header[_BEFORE] = self._header[_AFTER]
        self._header[_GAP] = self._header[_POSITION]
        self._header[_AFTER] += jump


def put(ring: Ring, data: bytes, before: Callable[[], None] = lambda: None) -> None:
    """
    Let a log take in bytes that come from no pipe: all of them, or none if we are killed.

    @param data: less than it keeps.
    @param before: called when they can be taken in, right before they are.

    @raise OSError: when its memory can't be had, or of C{before}; none of them is there then.
    """
    header, capacity = ring._header, ring.capacity
    position, end = header[_POSITION], header[_POSITION] + len(data)
    start = position % capacity
    first = min(len(data), capacity - start)
    ring.idleLooks = 0
    for begin, size in ((start, first), (0, len(data) - first)):
        if size:
            ring._populate(headerBytes + begin, size)
    before()
    ring._note(ring.position)
    # First the oldest bytes give way, so that nobody finds them half replaced.
    header[_BASE] = max(header[_BASE], end - capacity + len(SENTINEL))
    ring._log[start : start + first] = data[:first]
    ring._log[: len(data) - first] = data[first:]
    header[_TARGET] = end
    header[_POSITION] = end


def tell(ring: Ring, data: bytes) -> None:
    """
    The same with what is the daemon's own, so that no pattern is searched in it.

    @raise OSError: see L{put}.
    """
    put(ring, data, lambda: ring.told.note(ring.read, ring.position, data))


def waiting(descriptor: int) -> int:
    """How many bytes wait in a pipe."""
    count = bytearray(4)
    ioctl(descriptor, FIONREAD, count)
    return int.from_bytes(count, "little")


def readInto(ring: Ring, descriptor: int, ready: int) -> int:
    """
    Take what waits in a pipe straight into a ring.

    @param ready: so many bytes wait, at least; at least 1.

    @return: how many were taken; fewer where the ring ends.

    @raise OSError: when the ring can't be written to; they still wait then.
    """
    room, size = ring.announce(ready), 0
    try:
        # Almost always as many bytes are to be had as wait; but the child has
        # its end for reading, too, and may have been quicker.
        with suppress(BlockingIOError):
            size = os.readv(descriptor, [room])
    finally:
        ring.filled(size)
    return size
