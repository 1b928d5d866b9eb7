"""
Takes in what happens, has it stored, and then tells those who want to know.

Events are numbered by the store, in the order in which they come. Nobody is told of one
before it is durable, so whoever goes on from a number misses none and gets none twice,
also when the daemon is killed in between. What comes close together is stored in one batch.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import Factory, define
from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import NoSpace
from gamepanel.base.hub import Hub
from gamepanel.disk.shortages import shortageLog
from gamepanel.store import Store
from gamepanel.store.events import EventFilter, EventRow, Kept, NewEvent
from gamepanel.store.players import PlayerNews

batchSeconds: Final = 0.02
"""What comes so close together is stored together."""

retrySeconds: Final = 1.0
"""After so long it is tried again, when the store could not take it."""

trimEach: Final = 500
"""The oldest events are dropped once for so many that come."""

maxWaiting: Final = 20_000
"""Events that may wait for the store; it must have been full for long then."""

fullWaiting: Final = 10_000
"""With more events than this that wait, consoles are not searched on for players."""

Listener = Callable[[Sequence[EventRow]], object]


class Page(Struct, frozen=True):
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
    """
    @ivar events: in their order.
    @ivar news: of players, which the events are among.
    """

    events: Sequence[NewEvent]
    stored: Deferred[None] = Factory(Deferred)
    news: PlayerNews | None = None


class Journal:
    """
    The stream of events. One batch of them is stored at a time; what the store could not take comes
    first in the next one.

    @ivar oldest: number of the oldest event that is kept, 0 when there is none.
    @ivar newest: number of the newest, likewise.
    """

    def __init__(self, clock: IReactorTime, store: Store, now: Callable[[], float]) -> None:
        """
        @param now: Unix time in seconds.
        """
        self._clock = clock
        self._store = store
        self._now = now
        self.oldest = 0
        self.newest = 0
        self._hub: Hub[Sequence[EventRow]] = Hub()
        self._waiting: list[_Waiting] = []
        # Events among them.
        self._count = 0
        self._lost = 0
        self._sinceTrim = trimEach
        self._timer: IDelayedCall | None = None
        self._isWriting = self._isFailing = self._isEnding = False
        self._awaiting: list[Deferred[None]] = []
        self._log = Logger()

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
        return self._add(_Waiting((event,)))

    @property
    def isFull(self) -> bool:
        """Whether so much waits that nothing should be searched for."""
        return self._count > fullWaiting

    def take(self, news: PlayerNews) -> None:
        """
        Something was found of players. It is stored together with how far was searched for it,
        behind all that had happened before.
        """
        self._add(_Waiting(news.events, news=news))

    def stored(self, rows: Sequence[EventRow]) -> None:
        """
        Something has happened that was stored with what made it happen; called in the order
        in which it was stored.
        """
        if rows:
            self.newest = rows[-1].event
            self.oldest = self.oldest or rows[0].event
            self._hub.tell(rows)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """
        @param listener: called with those that are new, ascending, once they are stored.

        @return: a function that ends it; harmless when done already.
        """
        return self._hub.listen(listener)

    async def read(self, wanted: EventFilter, after: int | None, limit: int) -> Page:
        """
        Some events. What has happened is among them, though it may not be stored yet.

        @param after: behind this number; None: the newest ones.
        @param limit: how many at most.
        """
        # No batch is smaller for that: it takes C{batchSeconds} more than the store does.
        for _ in range(self._isWriting + bool(self._waiting)):
            if not self._isFailing:
                await self._batchEnds()
        newest = self.newest
        if after is None:
            rows = await self._store.events.readNewestEvents(wanted, limit)
        else:
            rows = await self._store.events.readEvents(wanted, after, limit)
        # Some may have been stored while it was read.
        seen = rows[-1].event if rows else 0
        isFull = after is not None and len(rows) == limit
        return Page(rows, self.oldest, seen if isFull else max(newest, seen))

    async def end(self) -> None:
        """
        Wait until all is stored that can be: for no timer, and not for a store that takes nothing.
        A server's own events that can't be stored wait in its record for the next daemon, which
        finds those of players in the consoles again.
        """
        self._isEnding = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._isWriting:
            self._write()
        while self._isWriting or self._timer is not None:
            await self._batchEnds()
        left = [event for each in self._waiting if each.news is None for event in each.events]
        lost = self._lost + sum(event.number is None for event in left)
        if lost:
            self._log.error("{count} events are lost: the store was full", count=lost)

    # One batch after the other.

    def _add(self, item: _Waiting) -> Deferred[None]:
        self._waiting.append(item)
        self._count += len(item.events)
        self._lose()
        self._writeIn(batchSeconds)
        return item.stored

    def _lose(self) -> None:
        while self._count > maxWaiting:
            item = self._waiting.pop(0)
            self._count -= len(item.events)
            self._lost += len(item.events)
            item.stored.callback(None)

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
        self._sinceTrim += self._count
        self._count = 0
        trim = Kept() if self._sinceTrim >= trimEach else None
        if trim is not None:
            self._sinceTrim = 0
        events = [event for each in batch for event in each.events]
        news = [each.news for each in batch if each.news is not None]
        if news:
            writing = self._store.players.addPlayerNews(events, news, trim)
        else:
            writing = self._store.events.addEvents(events, trim)
        writing.addCallbacks(
            self._written, self._failed, callbackArgs=(batch, trim), errbackArgs=(batch,)
        )
        writing.addErrback(partial(self._log.failure, "storing events failed"))

    def _written(self, rows: list[EventRow], batch: list[_Waiting], trimmed: Kept | None) -> None:
        self._isWriting = self._isFailing = False
        try:
            if trimmed is not None:
                self._store.events.oldestEvent().addCallbacks(self._hasOldest, self._notRead)
            if self._lost:
                self._log.error("{count} events are lost: the store was full", count=self._lost)
                self._lost = 0
            self.stored(rows)
            for each in batch:
                each.stored.callback(None)
        finally:
            if self._waiting:
                self._writeIn(batchSeconds)
            self._tellEnd()

    def _failed(self, failure: Failure, batch: list[_Waiting]) -> None:
        self._isWriting, self._isFailing = False, True
        if isinstance(failure.value, NoSpace):
            shortageLog.say(failure.value)
        else:
            self._log.failure("events can't be stored yet", failure)
        self._waiting = batch + self._waiting
        self._count += sum(len(each.events) for each in batch)
        self._lose()
        if not self._isEnding:
            self._writeIn(retrySeconds)
        self._tellEnd()

    def _hasOldest(self, oldest: int) -> None:
        self.oldest = oldest

    def _notRead(self, failure: Failure) -> None:
        self._log.failure("the oldest event could not be looked up", failure)

    def _batchEnds(self) -> Deferred[None]:
        """Fires when one is done with, and what comes next is known."""
        ended: Deferred[None] = Deferred()
        self._awaiting.append(ended)
        return ended

    def _tellEnd(self) -> None:
        awaiting, self._awaiting = self._awaiting, []
        for each in awaiting:
            each.callback(None)
