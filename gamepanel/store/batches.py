"""
Stores what comes close together in one transaction, in the order in which it came.
"""

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from attrs import Factory, define
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import NoSpace
from gamepanel.disk.shortages import shortageLog
from gamepanel.store.events import EventRow, Kept

batchSeconds: Final = 0.02
"""What comes so close together is stored together."""

retrySeconds: Final = 1.0
"""After so long it is tried again, when the store could not take it."""

trimEach: Final = 500
"""The oldest events are dropped once for so many that come."""

T = TypeVar("T")


def _one(item: object) -> int:
    return 1


@define(eq=False, repr=False)
class Batches(Generic[T]):
    """
    What waits to be stored. One batch is stored at a time; what the store could not take comes
    first in the next one. An end waits for no timer, and not for a store that takes nothing.

    @ivar count: how many events wait that are not being stored yet.
    """

    _clock: IReactorTime
    _store: Callable[[Sequence[T], Kept | None], Deferred[list[EventRow]]]
    """Stores a batch; drops the oldest events, too, where it is told what is kept."""
    _stored: Callable[[list[EventRow], Sequence[T], bool], None]
    """Told what has become of a batch, the batch, and whether the oldest were dropped."""
    _what: str
    """What is stored, in the plural, for the log."""
    _eventsIn: Callable[[T], int] = _one
    _most: int | None = None
    """So many events may wait; of more the oldest are lost."""
    _lost: Callable[[T], None] = lambda item: None
    """Told what is lost."""
    count: int = 0
    _kept: Kept = Factory(Kept)
    _waiting: list[T] = Factory(list)
    _timer: IDelayedCall | None = None
    _isWriting: bool = False
    _isEnding: bool = False
    _sinceTrim: int = trimEach
    _isFailing: bool = False
    _awaiting: list[Deferred[None]] = Factory(list)
    _log: Logger = Factory(Logger)

    def add(self, item: T) -> None:
        """It is stored soon."""
        self._waiting.append(item)
        self.count += self._eventsIn(item)
        self._lose()
        self._writeIn(batchSeconds)

    def _lose(self) -> None:
        while self._most is not None and self.count > self._most:
            item = self._waiting.pop(0)
            self.count -= self._eventsIn(item)
            self._lost(item)

    def _writeIn(self, seconds: float) -> None:
        if self._timer is None and not self._isWriting:
            self._timer = self._clock.callLater(0 if self._isEnding else seconds, self._write)

    def _write(self) -> None:
        self._timer = None
        batch, self._waiting = self._waiting, []
        if not batch:
            self._tellEnd()
            return
        self._isWriting = True
        self._sinceTrim += self.count
        self.count = 0
        isDue = self._sinceTrim >= trimEach
        if isDue:
            self._sinceTrim = 0
        writing = self._store(batch, self._kept if isDue else None)
        writing.addCallbacks(
            self._written, self._failed, callbackArgs=(batch, isDue), errbackArgs=(batch,)
        )
        writing.addErrback(
            lambda failure: self._log.failure("storing {what} failed", failure, what=self._what)
        )

    def _written(self, rows: list[EventRow], batch: list[T], isTrimmed: bool) -> None:
        self._isWriting = self._isFailing = False
        try:
            self._stored(rows, batch, isTrimmed)
        finally:
            if self._waiting:
                self._writeIn(batchSeconds)
            self._tellEnd()

    def _failed(self, failure: Failure, batch: list[T]) -> None:
        self._isWriting, self._isFailing = False, True
        if isinstance(failure.value, NoSpace):
            shortageLog.say(failure.value)
        else:
            self._log.failure("{what} can't be stored yet", failure, what=self._what)
        self._waiting = batch + self._waiting
        self.count += sum(map(self._eventsIn, batch))
        self._lose()
        if not self._isEnding:
            self._writeIn(retrySeconds)
        self._tellEnd()

    def left(self) -> Sequence[T]:
        """What could not be stored, after the end."""
        return self._waiting

    async def flush(self) -> None:
        """
        Wait until what waits now is stored, if the store takes it. No batch is smaller for that:
        it takes L{batchSeconds} more than the store does.
        """
        for _ in range(self._isWriting + bool(self._waiting)):
            if self._isFailing:
                return
            await self._batchEnds()

    async def end(self) -> None:
        """Wait until all is stored that can be."""
        self._isEnding = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._isWriting:
            self._write()
        while self._isWriting or self._timer is not None:
            await self._batchEnds()

    def _batchEnds(self) -> Deferred[None]:
        """Fires when one is done with, and what comes next is known."""
        ended: Deferred[None] = Deferred()
        self._awaiting.append(ended)
        return ended

    def _tellEnd(self) -> None:
        awaiting, self._awaiting = self._awaiting, []
        for each in awaiting:
            each.callback(None)
