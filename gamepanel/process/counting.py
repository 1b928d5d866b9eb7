"""
What the processes of all servers use: counted when somebody asks, for all who ask then.
"""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from gamepanel.base.singleflight import SingleFlight
from gamepanel.base.slices import slices
from gamepanel.process.owners import Counted, Process, readAll
from gamepanel.process.usage import Census, Usage

censusSeconds: Final = 1.0
"""What processes use is looked at no more often than this, and only when somebody asks."""


class Counting:
    """
    Knows what servers use as of the last count, and counts anew.
    """

    def __init__(self, reactor: IReactorTime, inThread: Callable[..., Deferred[Any]]) -> None:
        """@param inThread: calls a function that may wait for a process."""
        self._inThread = inThread
        self._isReading = False
        self._census = Census()
        self._slices = slices(reactor)
        self._counting: SingleFlight[None] = SingleFlight()

    def usage(self, shim: int) -> Usage | None:
        """What the processes of this shim used when last looked at."""
        return self._census.usage(shim)

    def cpuSeconds(self, shim: int) -> float:
        """CPU time that the processes of this shim have used in their run, in seconds."""
        return self._census.cpuSeconds(shim)

    @property
    def isFresh(self) -> bool:
        """Whether it was counted lately."""
        at = self._census.at
        return at is not None and time.monotonic() - at < censusSeconds

    async def count(self, runs: Collection[Counted]) -> None:
        """
        See to it that what processes use is known as of now, give or take
        L{censusSeconds}. Whoever asks meanwhile waits for the same count.

        @param runs: those that are wanted.
        """
        if self.isFresh or not runs:
            return
        await self._counting(lambda: self._count(runs))

    def _count(self, runs: Collection[Counted]) -> Deferred[None]:
        return self._slices.coiterate(self._census.take(runs)).addBoth(self._counted)

    def _counted(self, result: object) -> None:
        unread = self._census.remembered.unread
        if unread and not self._isReading:
            self._isReading = True
            self._inThread(readAll, unread).addCallbacks(self._hasRead, self._notRead)

    def _hasRead(self, found: Mapping[Process, Mapping[str, str]]) -> None:
        self._isReading = False
        self._census.remembered.learn(found)

    def _notRead(self, failure: Failure) -> None:
        """Threads are lacking, say: it is tried again at the next count."""
        self._isReading = False
