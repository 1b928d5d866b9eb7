"""
Pools of threads, one for each purpose.
"""

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock, Thread
from typing import Any, Final

from attrs import Factory, define
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorFromThreads, IReactorTime
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from gamepanel.errors import Busy

sizes: Final[Mapping[str, int]] = {
    "killing": 2,
    "host": 2,
    "disk": 4,
    "games": 4,
    "deleting": 1,
    # It takes 64 MiB for each password, and a core.
    "hashing": os.cpu_count() or 1,
}
"""How many threads there are at most for each purpose; whoever comes later waits for one."""

hangSeconds: Final = 5.0
"""A thread that is busy with one thing for longer may be for ever: another takes its place."""

retrySeconds: Final = 30.0
"""After so long some of what hangs may have come back."""

mostSpare: Final[Mapping[str, int]] = {"games": 12}
"""So many threads at most take the place of others, for each purpose where that is to be."""


class ForsakenThread(Thread):
    """
    A thread that may hang for ever: at the end of the daemon it is not waited for longer than until
    a time, and Python does not wait for it at all.

    @ivar until: on the clock of C{time.monotonic}.
    """

    until = 0.0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named, daemon=True)

    def join(self, timeout: float | None = None) -> None:
        """See L{Thread}; the pool waits for it without a limit."""
        super().join(max(self.until - time.monotonic(), 0) if timeout is None else timeout)


class ForsakingPool(ThreadPool):
    """
    A pool of such threads. What they do is left as by a daemon that is killed.
    """

    threadFactory = ForsakenThread

    def stop(self) -> None:
        """See L{ThreadPool}: but what hangs is left behind."""
        ForsakenThread.until = time.monotonic() + hangSeconds
        super().stop()


@define(eq=False)
class _Call:
    """
    Something that is to be done in a thread.

    @ivar claim: taken by whoever decides about it: the thread that does it, or we, who give up.
    @ivar asked: fires with what comes of it.
    @ivar timer: when it will have taken so long that something is done about that.
    @ivar isReplaced: whether another thread has taken the place of the one that does it.
    """

    asked: Deferred[Any] = Factory(Deferred)
    claim: Lock = Factory(Lock)
    timer: IDelayedCall | None = None
    isReplaced: bool = False


class Replacing:
    """
    Runs functions in a pool where some may never return: other threads take their places. When
    all of those hang, too, what waits is given up.
    """

    def __init__(
        self, reactor: IReactorFromThreads, clock: IReactorTime, pool: ThreadPool, most: int
    ) -> None:
        """@param most: so many threads at most take the place of others."""
        self._reactor = reactor
        self._clock = clock
        self._pool = pool
        self._most = pool.max + most

    def __call__(self, function: Callable[..., Any], *arguments: object) -> Deferred[Any]:
        """
        Run a function with its arguments.

        @return: fires with what it returns; fails with L{Busy} when there is no thread for it.
        """
        call = _Call()

        def work() -> Any:
            return function(*arguments) if call.claim.acquire(blocking=False) else None

        self._wait(call)
        deferToThreadPool(self._reactor, self._pool, work).addBoth(self._done, call)
        return call.asked

    def _wait(self, call: _Call) -> None:
        call.timer = self._clock.callLater(hangSeconds, self._late, call)

    def _late(self, call: _Call) -> None:
        call.timer = None
        if self._pool.max < self._most:
            if call.claim.locked():
                call.isReplaced = True
                self._pool.adjustPoolsize(maxthreads=self._pool.max + 1)
                self._pool.startAWorker()
            else:
                self._wait(call)
        elif call.claim.acquire(blocking=False) and not call.asked.called:
            busy = Busy("Too many directories of games do not answer.", retryAfter=retrySeconds)
            call.asked.errback(busy)

    def _done(self, result: Any, call: _Call) -> None:
        if call.timer is not None:
            call.timer.cancel()
        if call.isReplaced:
            self._pool.adjustPoolsize(maxthreads=self._pool.max - 1)
        if not call.asked.called:
            call.asked.callback(result)


class Pools:
    """
    All pools. A thread is begun when there is something to do for it.
    """

    def __init__(
        self,
        reactor: IReactorFromThreads,
        clock: IReactorTime,
        sizes: Mapping[str, int] = sizes,
    ) -> None:
        """@param clock: measures how long something takes."""
        self._pools = {
            name: (ForsakingPool if name in mostSpare else ThreadPool)(0, most, name)
            for name, most in sizes.items()
        }
        self._ways: dict[str, Callable[..., Deferred[Any]]] = {
            name: Replacing(reactor, clock, pool, mostSpare[name])
            if name in mostSpare
            else partial(deferToThreadPool, reactor, pool)
            for name, pool in self._pools.items()
        }

    def of(self, purpose: str) -> Callable[..., Deferred[Any]]:
        """
        What runs a function with its arguments in a thread for this purpose, and fires with
        what that returns.
        """
        return self._ways[purpose]

    def start(self) -> None:
        """Take work from now on."""
        for pool in self._pools.values():
            pool.start()

    def stop(self) -> bool:
        """
        Take none any more, and wait for what is being done; not for what hangs.

        @return: whether all of it has been done.
        """
        for pool in self._pools.values():
            pool.stop()
        return not any(each.is_alive() for pool in self._pools.values() for each in pool.threads)
