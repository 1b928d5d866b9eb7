"""
Has stored what players do, and tells it then: that of all servers together, in batches.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from attrs import Factory, define
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.disk.shortages import shortageLog
from gamepanel.errors import NoSpace
from gamepanel.store.events import EventRow, Kept
from gamepanel.store.players import PlayerNews

batchSeconds: Final = 0.02
"""What comes so close together is stored together."""

retrySeconds: Final = 1.0
"""After so long it is tried again, when the store could not take it."""

trimEach: Final = 500
"""The oldest events are dropped once for so many that come."""

maxWaiting: Final = 10_000
"""With more events than this that wait for the store, consoles are not searched on."""


class NewsStore(Protocol):
    """The part of the store that this needs; see L{gamepanel.store.players.PlayerTables}."""

    def addPlayerNews(
        self, news: Sequence[PlayerNews], trim: Kept | None
    ) -> Deferred[list[EventRow]]:
        """Store some."""


@define(eq=False)
class Recorder:
    """
    Has stored what players do. Nobody is told before it is durable, and each server's news are
    stored in their order: what is stored of a console is a part of it without a gap.
    """

    _clock: IReactorTime
    _store: NewsStore
    _tell: Callable[[Sequence[EventRow]], None]
    _kept: Kept = Factory(Kept)
    _waiting: list[PlayerNews] = Factory(list)
    _timer: IDelayedCall | None = None
    _isWriting: bool = False
    _isEnding: bool = False
    _sinceTrim: int = trimEach
    _idle: list[Deferred[None]] = Factory(list)
    _log: Logger = Factory(Logger)

    @property
    def isFull(self) -> bool:
        """Whether so much waits that nothing should be added."""
        return sum(len(each.events) for each in self._waiting) > maxWaiting

    def take(self, news: PlayerNews) -> None:
        """Something was found. It is stored soon."""
        self._waiting.append(news)
        self._writeIn(batchSeconds)

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
        self._sinceTrim += sum(len(each.events) for each in batch)
        trim = self._kept if self._sinceTrim >= trimEach else None
        if trim is not None:
            self._sinceTrim = 0
        writing = self._store.addPlayerNews(batch, trim)
        writing.addCallbacks(self._written, self._failed, errbackArgs=(batch,))
        writing.addErrback(lambda failure: self._log.failure("players' events", failure))

    def _written(self, rows: list[EventRow]) -> None:
        self._isWriting = False
        self._tell(rows)
        if self._waiting:
            self._writeIn(batchSeconds)
        else:
            self._tellIdle()

    def _failed(self, failure: Failure, batch: list[PlayerNews]) -> None:
        self._isWriting = False
        if isinstance(failure.value, NoSpace):
            shortageLog.say(failure.value)
        else:
            self._log.failure("what players do can't be stored", failure)
        self._waiting = batch + self._waiting
        if self._isEnding:
            # The next daemon finds it in the consoles again.
            self._waiting = []
            self._tellIdle()
        else:
            self._writeIn(retrySeconds)

    def end(self) -> Deferred[None]:
        """
        Store what waits, at once.

        @return: fires when that is done, or has failed.
        """
        self._isEnding = True
        if not self._waiting and not self._isWriting:
            return succeed(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        ended: Deferred[None] = Deferred()
        self._idle.append(ended)
        self._writeIn(0)
        return ended

    def _tellIdle(self) -> None:
        idle, self._idle = self._idle, []
        for each in idle:
            each.callback(None)
