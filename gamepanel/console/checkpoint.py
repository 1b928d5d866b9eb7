"""
How a log was at some time, in check sums, for when the host has died since.

The standby reader imports this, too (L{gamepanel.console.standby}): so it is plain Python
that brings in nothing large.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from zlib import crc32

blockBytes: Final = 64 * 1024
"""A checkpoint has a sum for so many bytes."""

Read = Callable[[int, int], bytes]
"""The bytes of a log from one count to another."""


class Checkpoint(NamedTuple):
    """
    How a log was at some time, for when the host has died since.

    @ivar header: the numbers of the ring's header.
    @ivar sums: start and CRC-32 of each block of what was kept.
    @ivar isOpen: whether something could be printed after it.
    """

    header: tuple[int, ...]
    sums: tuple[tuple[int, int], ...]
    isOpen: bool


class BlockSums:
    """
    The sums of the blocks of one log. Bytes that are kept never change, so each is read once.
    """

    def __init__(self) -> None:
        # By the count of the first byte: the count behind the last one, and the sum.
        self._known: dict[int, tuple[int, int]] = {}

    def update(self, oldest: Callable[[], int], end: int, read: Read) -> None:
        """
        Sum up what has come since the last time. More may be taken in meanwhile.

        @param oldest: the count of the oldest byte that is kept, just now.
        @param end: the count behind the newest.
        """
        known, self._known = self._known, {}
        for start in range(oldest() // blockBytes * blockBytes, end, blockBytes):
            first, last = max(start, oldest()), min(start + blockBytes, end)
            behind, sum = known.get(first, (first, 0))
            self._known[first] = last, crc32(read(behind, last), sum)

    def since(self, first: int) -> tuple[tuple[int, int], ...]:
        """
        Start and sum of each block that begins here or later; the others are forgotten, since what
        has been taken in meanwhile may have replaced some of them.
        """
        self._known = {start: block for start, block in self._known.items() if start >= first}
        return tuple((start, sum) for start, (_, sum) in self._known.items())


def fitting(sums: Sequence[tuple[int, int]], end: int, read: Read) -> int:
    """
    From where on a log is as a checkpoint says.

    @param sums: of the checkpoint.
    @param end: the count behind its newest byte.
    """
    base = end
    for begin, expected in reversed(sums):
        if crc32(read(begin, base)) != expected:
            break
        base = begin
    return base
