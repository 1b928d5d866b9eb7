"""
Has stored what players do, and tells it then: that of all servers together, in batches.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from gamepanel.store.batches import Batches
from gamepanel.store.events import EventRow, Kept
from gamepanel.store.players import PlayerNews

maxWaiting: Final = 10_000
"""With more events than this that wait for the store, consoles are not searched on."""


class NewsStore(Protocol):
    """The part of the store that this needs; see L{gamepanel.store.players.PlayerTables}."""

    def addPlayerNews(
        self, news: Sequence[PlayerNews], trim: Kept | None
    ) -> Deferred[list[EventRow]]:
        """Store some."""


class Recorder:
    """
    Has stored what players do. Nobody is told before it is durable, and each server's news are
    stored in their order: what is stored of a console is a part of it without a gap.
    """

    def __init__(
        self,
        clock: IReactorTime,
        store: NewsStore,
        tell: Callable[[Sequence[EventRow]], None],
    ) -> None:
        """
        @param tell: called with the events that were stored, ascending.
        """
        self._batches: Batches[PlayerNews] = Batches(
            clock,
            store.addPlayerNews,
            lambda rows, batch, isTrimmed: tell(rows),
            "events of players",
            lambda news: len(news.events),
        )

    @property
    def isFull(self) -> bool:
        """Whether so much waits that nothing should be added."""
        return self._batches.count > maxWaiting

    def take(self, news: PlayerNews) -> None:
        """Something was found. It is stored soon."""
        self._batches.add(news)

    async def end(self) -> None:
        """
        Store what waits, at once. What can't be stored the next daemon finds in the consoles
        again.
        """
        await self._batches.end()
