"""
Takes in what happens, has it stored, and then tells those who want to know.

Events are numbered by the store, in the order in which they come. Nobody is told of one
before it is durable, so whoever goes on from a number misses none and gets none twice,
also when the daemon is killed in between.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from attrs import Factory, define, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.disk.shortages import shortageLog
from gamepanel.errors import NoSpace
from gamepanel.servers.events import Hub
from gamepanel.store.events import EventFilter, EventRow, Kept, NewEvent

batchSeconds: Final = 0.02
"""Events that come so close together are stored together."""

retrySeconds: Final = 1.0
"""After so long it is tried again, when the store could not take them."""

trimEach: Final = 500
"""The oldest are dropped once for so many that come."""

maxWaiting: Final = 20_000
"""Events that may wait for the store; it must have been full for long then."""

Listener = Callable[[Sequence[EventRow]], object]


class EventStore(Protocol):
    """The part of the store that this needs; see L{gamepanel.store.events.EventTables}."""

    def addEvents(self, events: Sequence[NewEvent], trim: Kept | None) -> Deferred[list[EventRow]]:
        """Store some."""

    def readEvents(self, wanted: EventFilter, after: int, limit: int) -> Deferred[list[EventRow]]:
        """Read some, ascending, behind a number."""

    def readNewestEvents(self, wanted: EventFilter, limit: int) -> Deferred[list[EventRow]]:
        """Read the newest, ascending."""

    def oldestEvent(self) -> Deferred[int]:
        """The number of the oldest."""


@frozen
class Page:
    """
    Some events.

    @ivar events: ascending.
    @ivar oldest: number of the oldest event that is kept, 0 when there is none.
    @ivar newest: number of the last event that was looked at: ask on behind it.
    """

    events: Sequence[EventRow]
    oldest: int
    newest: int


@define
class _Waiting:
    event: NewEvent
    stored: Deferred[None]


@define(eq=False)
class Journal:
    """
    The stream of events.

    @ivar oldest: number of the oldest event that is kept, 0 when there is none.
    @ivar newest: number of the newest, likewise.
    """

    _clock: IReactorTime
    _store: EventStore
    _now: Callable[[], float]
    oldest: int = 0
    newest: int = 0
    _kept: Kept = Factory(Kept)
    _waiting: list[_Waiting] = Factory(list)
    _timer: IDelayedCall | None = None
    _isWriting: bool = False
    _isEnding: bool = False
    _sinceTrim: int = trimEach
    _lost: int = 0
    _hub: Hub[Sequence[EventRow]] = Factory(Hub)
    _idle: list[Deferred[None]] = Factory(list)
    _log: Logger = Factory(Logger)

    def load(self, oldest: int, newest: int) -> None:
        """
        Go on from what is stored.
        """
        self.oldest, self.newest = oldest, newest

    def tell(self, kind: str, data: Mapping[str, Any]) -> Deferred[None]:
        """
        Something has happened that is about no server.

        @return: fires when it is stored.
        """
        return self.record(NewEvent(self._now(), None, None, kind, data))

    def record(self, event: NewEvent) -> Deferred[None]:
        """
        Something has happened.

        @return: fires when it is stored, or had been before. It does not fail: one that there
            is no room for is counted in the daemon's log.
        """
        stored: Deferred[None] = Deferred()
        self._waiting.append(_Waiting(event, stored))
        if len(self._waiting) > maxWaiting:
            self._waiting.pop(0).stored.callback(None)
            self._lost += 1
        self._writeIn(batchSeconds)
        return stored

    def stored(self, rows: Sequence[EventRow]) -> None:
        """
        Something has happened that was stored with what made it happen; called in the order
        in which it was stored.
        """
        if rows:
            self.newest = rows[-1].event
            self.oldest = self.oldest or rows[0].event
            self._hub.tell(rows)

    def _writeIn(self, seconds: float) -> None:
        if self._timer is None and not self._isWriting:
            self._timer = self._clock.callLater(0 if self._isEnding else seconds, self._write)

    def _write(self) -> None:
        self._timer = None
        batch, self._waiting = self._waiting, []
        if not batch:
            self._tellIdle()
            return
        self._isWriting = True
        self._sinceTrim += len(batch)
        isDue = self._sinceTrim >= trimEach
        if isDue:
            self._sinceTrim = 0
        writing = self._store.addEvents(
            [each.event for each in batch], self._kept if isDue else None
        )
        writing.addCallback(self._written, batch, isDue)
        writing.addErrback(self._failed, batch)

    def _written(self, rows: list[EventRow], batch: list[_Waiting], trimmed: bool) -> None:
        self._isWriting = False
        if trimmed:
            self._store.oldestEvent().addCallbacks(self._hasOldest, self._notRead)
        if self._lost:
            self._log.error("{count} events are lost: the store was full", count=self._lost)
            self._lost = 0
        self.stored(rows)
        for each in batch:
            each.stored.callback(None)
        if self._waiting:
            self._writeIn(batchSeconds)
        else:
            self._tellIdle()

    def _hasOldest(self, oldest: int) -> None:
        self.oldest = oldest

    def _notRead(self, failure: Failure) -> None:
        self._log.failure("the oldest event could not be looked up", failure)

    def _failed(self, failure: Failure, batch: list[_Waiting]) -> None:
        self._isWriting = False
        if isinstance(failure.value, NoSpace):
            shortageLog.say(failure.value)
        else:
            self._log.failure("events can't be stored", failure)
        self._waiting = batch + self._waiting
        while len(self._waiting) > maxWaiting:
            self._waiting.pop(0).stored.callback(None)
            self._lost += 1
        if self._isEnding:
            # A server's own events wait in its record for the next daemon.
            self._tellIdle()
        else:
            self._writeIn(retrySeconds)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """
        @param listener: called with those that are new, ascending, once they are stored.

        @return: a function that ends it; harmless when done already.
        """
        return self._hub.listen(listener)

    async def read(self, wanted: EventFilter, after: int | None, limit: int) -> Page:
        """
        Some events.

        @param after: behind this number; None: the newest ones.
        @param limit: how many at most.
        """
        newest = self.newest
        if after is None:
            rows = await self._store.readNewestEvents(wanted, limit)
        else:
            rows = await self._store.readEvents(wanted, after, limit)
        # Some may have been stored while it was read.
        seen = rows[-1].event if rows else 0
        isFull = after is not None and len(rows) == limit
        return Page(rows, self.oldest, seen if isFull else max(newest, seen))

    async def end(self) -> None:
        """Wait until all is stored that can be."""
        self._isEnding = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._isWriting:
            self._write()
        while self._isWriting:
            idle: Deferred[None] = Deferred()
            self._idle.append(idle)
            await idle

    def _tellIdle(self) -> None:
        idle, self._idle = self._idle, []
        for each in idle:
            each.callback(None)
