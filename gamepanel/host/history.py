"""
Keeps what servers and the host use, minute by minute.
"""

from collections.abc import Callable, Iterable
from typing import Final

from attrs import define, field
from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import NoSpace
from gamepanel.disk.shortages import shortageLog
from gamepanel.host.system import HostUsage
from gamepanel.store.samples import MINUTE, QUARTER, Sample, SampleTables, host, kept

lookSeconds: Final = 15.0
"""How often it is looked."""

maxSamples: Final = 500
"""So many samples are told at most."""


class Reading(Struct, frozen=True):
    """
    What a server used until now.

    @ivar creation: of the server.
    @ivar cpuSeconds: in its run, as far as that was seen.
    @ivar memoryBytes: now.
    @ivar players: how many play now; None when that is not known.
    """

    creation: int
    cpuSeconds: float
    memoryBytes: int
    players: int | None = None


@define
class _Minute:
    """
    What was seen of one server, or of the host, in a minute.

    @ivar cpuSeconds: that it used in it.
    @ivar seconds: over which that was seen.
    """

    cpuSeconds: float = 0.0
    seconds: float = 0.0
    memoryBytes: int = 0
    diskFree: int | None = None
    players: int | None = None

    def sample(self, creation: int, at: int) -> Sample:
        cpu = round(100 * self.cpuSeconds / self.seconds, 1) if self.seconds else None
        return Sample(creation, at, cpu, self.memoryBytes, self.players, self.diskFree)


def intervalFor(seconds: float) -> int:
    """
    How long the intervals are in which so long a time is told.

    @return: in seconds, a multiple of those that are stored.
    """
    stored = MINUTE if seconds <= kept[MINUTE] else QUARTER
    return stored * -(-int(seconds) // (stored * maxSamples))


@define(eq=False, repr=False)
class History:
    """
    Looks again and again what is used, and stores it once a minute.

    @ivar _now: Unix time in seconds.
    @ivar _count: counts what servers use, which C{_read} then tells.
    """

    _clock: IReactorTime
    _store: SampleTables
    _now: Callable[[], float]
    _count: Callable[[], Deferred[None]]
    _read: Callable[[], Iterable[Reading]]
    _look: Callable[[], HostUsage]
    _minute: int | None = field(init=False, default=None)
    _seen: dict[int, _Minute] = field(init=False, factory=dict)
    _cpuSeconds: dict[int, float] = field(init=False, factory=dict)
    _lookedAt: float | None = field(init=False, default=None)
    _timer: IDelayedCall | None = field(init=False, default=None)
    _isOver: bool = field(init=False, default=False)
    _log: Logger = field(init=False, factory=Logger)

    def begin(self) -> None:
        """Look from now on."""
        self._again()

    def end(self) -> None:
        """Look no more. What was seen of the minute that is not over is lost."""
        self._isOver = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        self._timer = None
        if self._isOver:
            return
        self._count().addCallback(self._take).addErrback(self._failed).addBoth(self._armed)

    def _armed(self, result: object) -> None:
        if not self._isOver:
            self._timer = self._clock.callLater(lookSeconds, self._again)

    def _failed(self, failure: Failure) -> None:
        self._log.failure("what is used could not be looked at", failure)

    def _take(self, result: object) -> None:
        minute = int(self._now()) // MINUTE * MINUTE
        if self._minute is not None and minute != self._minute:
            self._keep(self._minute)
        self._minute = minute
        now = self._clock.seconds()
        elapsed = 0.0 if self._lookedAt is None else now - self._lookedAt
        self._lookedAt = now
        readings = list(self._read())
        before = self._cpuSeconds
        self._cpuSeconds = {each.creation: each.cpuSeconds for each in readings}
        for each in readings:
            used = max(each.cpuSeconds - before.get(each.creation, each.cpuSeconds), 0.0)
            seen = self._add(each.creation, used, elapsed, each.memoryBytes)
            if each.players is not None:
                seen.players = max(seen.players or 0, each.players)
        usage = self._look()
        if usage.cpuPercent is not None:
            used = usage.cpuPercent * elapsed / 100
            self._add(host, used, elapsed, usage.memoryBytes).diskFree = usage.diskFree

    def _add(self, creation: int, cpuSeconds: float, seconds: float, memory: int) -> _Minute:
        seen = self._seen.setdefault(creation, _Minute())
        seen.cpuSeconds += cpuSeconds
        seen.seconds += seconds
        seen.memoryBytes = max(seen.memoryBytes, memory)
        return seen

    def _keep(self, minute: int) -> None:
        seen, self._seen = self._seen, {}
        samples = [each.sample(creation, minute) for creation, each in seen.items()]
        storing = self._store.addSamples(samples, int(self._now()))
        storing.addCallbacks(lambda _: shortageLog.over(), self._notKept)

    def _notKept(self, failure: Failure) -> None:
        # A full disk is told of elsewhere; a gap in a graph is no loss.
        if not failure.check(NoSpace):
            self._log.failure("what was used could not be stored", failure)

    async def read(self, creation: int, seconds: float) -> tuple[int, list[Sample]]:
        """
        What was used lately.

        @param seconds: how far back.

        @return: the interval in seconds, and a sample for each, ascending: without figures
            where nothing ran.
        """
        interval = intervalFor(seconds)
        until = int(self._now()) // interval * interval + interval
        since = until - -(-int(seconds) // interval) * interval
        stored = await self._store.readSamples(creation, since, until, interval)
        found = {each.at: each for each in stored}
        return interval, [
            found.get(at) or Sample(creation, at, None, None)
            for at in range(since, until, interval)
        ]
