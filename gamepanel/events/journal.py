"""
Takes in what happens, has it stored, and then tells those who want to know.

Events are numbered by the store, in the order in which they come. Nobody is told of one
before it is durable, so whoever goes on from a number misses none and gets none twice,
also when the daemon is killed in between.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import Factory, define
from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.hub import Hub
from gamepanel.store import Store
from gamepanel.store.batches import Batches
from gamepanel.store.events import EventFilter, EventRow, Kept, NewEvent
from gamepanel.store.players import PlayerNews

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
    The stream of events.

    @ivar oldest: number of the oldest event that is kept, 0 when there is none.
    @ivar newest: number of the newest, likewise.
    """

    def __init__(self, clock: IReactorTime, store: Store, now: Callable[[], float]) -> None:
        """
        @param now: Unix time in seconds.
        """
        self._store = store
        self._now = now
        self.oldest = 0
        self.newest = 0
        self._lost = 0
        self._hub: Hub[Sequence[EventRow]] = Hub()
        self._batches: Batches[_Waiting] = Batches(
            clock,
            self._add,
            self._written,
            "events",
            lambda each: len(each.events),
            most=maxWaiting,
            lost=self._isLost,
        )
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
        waiting = _Waiting((event,))
        self._batches.add(waiting)
        return waiting.stored

    @property
    def isFull(self) -> bool:
        """Whether so much waits that nothing should be searched for."""
        return self._batches.count > fullWaiting

    def take(self, news: PlayerNews) -> None:
        """
        Something was found of players. It is stored together with how far was searched for it,
        behind all that had happened before.
        """
        self._batches.add(_Waiting(news.events, news=news))

    def stored(self, rows: Sequence[EventRow]) -> None:
        """
        Something has happened that was stored with what made it happen; called in the order
        in which it was stored.
        """
        if rows:
            self.newest = rows[-1].event
            self.oldest = self.oldest or rows[0].event
            self._hub.tell(rows)

    def _add(self, batch: Sequence[_Waiting], trim: Kept | None) -> Deferred[list[EventRow]]:
        events = [event for each in batch for event in each.events]
        news = [each.news for each in batch if each.news is not None]
        if news:
            return self._store.players.addPlayerNews(events, news, trim)
        return self._store.events.addEvents(events, trim)

    def _written(self, rows: list[EventRow], batch: Sequence[_Waiting], isTrimmed: bool) -> None:
        if isTrimmed:
            self._store.events.oldestEvent().addCallbacks(self._hasOldest, self._notRead)
        if self._lost:
            self._log.error("{count} events are lost: the store was full", count=self._lost)
            self._lost = 0
        self.stored(rows)
        for each in batch:
            each.stored.callback(None)

    def _isLost(self, waiting: _Waiting) -> None:
        self._lost += len(waiting.events)
        waiting.stored.callback(None)

    def _hasOldest(self, oldest: int) -> None:
        self.oldest = oldest

    def _notRead(self, failure: Failure) -> None:
        self._log.failure("the oldest event could not be looked up", failure)

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
        await self._batches.flush()
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
        Wait until all is stored that can be. A server's own events that can't be wait in its
        record for the next daemon, which finds those of players in the consoles again.
        """
        await self._batches.end()
        left = [
            event for each in self._batches.left() if each.news is None for event in each.events
        ]
        lost = self._lost + sum(event.number is None for event in left)
        if lost:
            self._log.error("{count} events are lost: the store was full", count=lost)
