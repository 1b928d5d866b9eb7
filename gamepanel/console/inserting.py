"""
Writes whole lines into the log of a game, between those that the game prints.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from msgspec import Struct
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from gamepanel.base.timer import Timer
from gamepanel.console.ring import Ring, put, tell

holdSeconds: Final = 0.25
"""So long it is waited for the end of a line that the game has begun."""

maxHeldBytes: Final = 256 * 1024
"""What waits for that is no more than this, without what came last."""

maxInsertBytes: Final = 1024 * 1024
"""What is written at once; less than a log keeps."""


class Insertion(Struct, frozen=True):
    """
    Lines that wait to be written.

    @ivar data: with the end of each.
    @ivar isTold: whether they are the daemon's own, in which no pattern is searched.
    @ivar before: called with their index and themselves right before they are written.
    @ivar after: called with whether they were.
    """

    data: bytes
    isTold: bool
    before: Callable[[int, bytes], None] | None = None
    after: Callable[[bool], None] | None = None

    def isLike(self, other: "Insertion") -> bool:
        """Whether nobody can tell the two apart when they are written as one."""
        isWatched = self.before or self.after or other.before or other.after
        return self.isTold == other.isTold and not isWatched


def _unwatched(index: int, data: bytes) -> None:
    """Nobody wants to know where lines are."""


class Inserter:
    """
    Writes lines into one log, in the order in which they come.
    """

    _log = Logger()

    def __init__(
        self, clock: IReactorTime, ring: Callable[[], Ring], grew: Callable[[], object]
    ) -> None:
        """@param grew: called when something was written."""
        self._ring = ring
        self._grew = grew
        self._waiting: deque[Insertion] = deque()
        self._held = 0
        self._timer = Timer(clock)
        self._isWriting = False

    @property
    def position(self) -> int:
        """Index of the end of the log."""
        return self._ring().position

    def printed(self, index: int) -> bytes:
        """What the game has printed from an index on, as far as that is not much."""
        ring = self._ring()
        return ring.told.masked(ring.read, *ring.read(index, maxHeldBytes))

    def tell(self, text: bytes) -> None:
        """Write lines that are the daemon's own: what it says, and what a console answers."""
        self.insert(Insertion(text, True))

    def say(
        self,
        text: bytes,
        before: Callable[[int, bytes], None] | None = None,
        after: Callable[[bool], None] | None = None,
    ) -> None:
        """
        Write lines of the game that it does not print itself.

        @param before: called with their index and themselves right before they are written; they
            are not when it raises an C{OSError}.
        @param after: called with whether they were written.
        """
        self.insert(Insertion(text, False, before, after))

    def insert(self, insertion: Insertion) -> None:
        """Write something as soon as the game has ended its line, at most L{holdSeconds} later."""
        self._waiting.append(insertion)
        self._held += len(insertion.data)
        if self._held > maxHeldBytes:
            self.flush()
        else:
            self.grew()

    def grew(self) -> None:
        """The game may have ended its line."""
        if not self._waiting or self._isWriting:
            return
        if self._isAtLineStart():
            self.flush()
        elif not self._timer.isSet:
            self._timer.after(holdSeconds, self.flush)

    def _isAtLineStart(self) -> bool:
        ring = self._ring()
        last = ring.read(ring.position - 1, 1).data if ring.position else b""
        return last in (b"", b"\n")

    def flush(self) -> None:
        """Write what waits, now."""
        self._timer.cancel()
        if self._isWriting:
            return
        self._isWriting = True
        try:
            while self._waiting:
                insertion = self._next()
                isThere = self._write(insertion)
                if insertion.after is not None:
                    insertion.after(isThere)
        finally:
            self._isWriting = False

    def _next(self) -> Insertion:
        """What is to be written next: many short lines as one, since each costs a note of it."""
        first = self._waiting.popleft()
        parts, size = [first.data], len(first.data)
        while self._waiting and first.isLike(self._waiting[0]):
            size += len(self._waiting[0].data)
            if size > maxInsertBytes:
                break
            parts.append(self._waiting.popleft().data)
        data = b"".join(parts)
        self._held -= len(data)
        return Insertion(data, first.isTold, first.before, first.after)

    def _write(self, insertion: Insertion) -> bool:
        ring = self._ring()
        data, before = insertion.data[:maxInsertBytes], insertion.before or _unwatched
        try:
            if not self._isAtLineStart():
                if insertion.isTold:
                    data = b"\n" + data
                else:
                    # It is the end of the game's line, too, or both lines would be one.
                    put(ring, b"\n")
            if insertion.isTold:
                tell(ring, data)
            else:
                put(ring, data, lambda: before(ring.position, data))
        except OSError as error:
            self._log.error("the console can't be written: {reason}", reason=str(error))
            return False
        self._grew()
        return True
