"""
Where work is done that takes long: in threads, by what it waits for (killing never waits behind a
disk), or in slices on the reactor.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from threading import Lock, Thread
from typing import Any, Final

from attrs import Factory, define
from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorFromThreads, IReactorTime
from twisted.internet.task import Cooperator
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from gamepanel.base.errors import Busy
from gamepanel.wire.causes import because

sizes: Final[Mapping[str, int]] = {
    "killing": 2,
    "host": 2,
    "disk": 4,
    "games": 4,
    "files": 4,
    "deleting": 1,
    # It takes 64 MiB for each password, and a core.
    "hashing": os.cpu_count() or 1,
}
"""How many threads there are at most for each purpose; whoever comes later waits for one."""

hangSeconds: Final = 5.0
"""A thread that is busy with one thing for longer may be for ever: another takes its place."""

retrySeconds: Final = 30.0
"""After so long some of what hangs may have come back."""

mostSpare: Final[Mapping[str, int]] = {"games": 12, "files": 12}
"""So many threads at most take the place of others, for each purpose where that is to be."""


class PoolThread(Thread):
    """
    A thread that Python does not wait for: a pool does when it is stopped, and a daemon whose start
    has failed, which stops none, ends.

    @ivar until: when it is waited for no longer, on the clock of C{time.monotonic}; None: never.
    """

    until: float | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named, daemon=True)

    def join(self, timeout: float | None = None) -> None:
        """See C{Thread}; the pool waits for it without a timeout."""
        if timeout is None and self.until is not None:
            timeout = max(self.until - time.monotonic(), 0)
        super().join(timeout)


class FrugalPool(ThreadPool):
    """
    A pool that gets on with the threads that it has where the kernel allows no more. Where it has
    none, what it is to do fails with L{Busy}.
    """

    threadFactory = PoolThread

    def start(self) -> None:
        """See C{ThreadPool}. The threads that it begins with may come later."""
        with suppress(Busy), self._beginning():
            super().start()

    def startAWorker(self) -> None:
        """
        See C{ThreadPool}.

        @raise Busy: when there can be none.
        """
        with self._beginning():
            super().startAWorker()

    def callInThreadWithCallback(
        self,
        onResult: Callable[[bool, Any], object] | None,
        func: Callable[..., Any],
        *args: Any,
        **kw: Any,
    ) -> None:
        call = partial(super().callInThreadWithCallback, onResult, func, *args, **kw)
        try:
            with self._beginning():
                call()
        except Busy:
            if self.threads:
                self._wait(call)
            elif onResult is not None:
                onResult(*self._withoutThread(partial(func, *args, **kw)))

    @contextmanager
    def _beginning(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            # The pool has noted the thread already, and could not wait for its end.
            self.threads[:] = [thread for thread in self.threads if thread.ident is not None]
            raise Busy(because("no_more_threads"), retryAfter=5) from error

    def _wait(self, call: Callable[[], None]) -> None:
        """Let the next thread that is free do it."""
        most, self.max = self.max, 0
        try:
            call()
        finally:
            self.max = most

    def _withoutThread(self, work: Callable[[], Any]) -> tuple[bool, Any]:
        """What comes of it: called while the reason is handled."""
        return False, Failure()


class VitalPool(FrugalPool):
    """
    Such a pool for what must be done in any case, or nobody could end a game that takes all threads
    of the host: where the pool has none, the caller does it, and everything else waits for that.
    """

    def _withoutThread(self, work: Callable[[], Any]) -> tuple[bool, Any]:
        try:
            return True, work()
        except Exception:
            return False, Failure()


class ForsakingPool(FrugalPool):
    """
    A pool of threads that may hang for ever: at the end of the daemon they are not waited for
    longer than L{hangSeconds}. What they do is left as by a daemon that is killed.
    """

    def stop(self) -> None:
        """See C{ThreadPool}: but what hangs is left behind."""
        until = time.monotonic() + hangSeconds
        for thread in self.threads:
            assert isinstance(thread, PoolThread)
            thread.until = until
        super().stop()


poolClasses: Final[Mapping[str, type[FrugalPool]]] = {
    "killing": VitalPool,
    "games": ForsakingPool,
    "files": ForsakingPool,
}
"""For the purposes that need another kind of pool than most: see there."""


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
            if not (call.claim.locked() and self._replace(call)):
                self._wait(call)
        elif call.claim.acquire(blocking=False) and not call.asked.called:
            busy = Busy(because("directories_stuck"), retryAfter=retrySeconds)
            call.asked.errback(busy)

    def _replace(self, call: _Call) -> bool:
        """Let another thread take the place of the one that does this; whether there is one."""
        self._pool.adjustPoolsize(maxthreads=self._pool.max + 1)
        try:
            self._pool.startAWorker()
        except Busy:
            self._pool.adjustPoolsize(maxthreads=self._pool.max - 1)
        else:
            call.isReplaced = True
        return call.isReplaced

    def _done(self, result: Any, call: _Call) -> None:
        if call.timer is not None:
            call.timer.cancel()
        if call.isReplaced:
            self._pool.adjustPoolsize(maxthreads=self._pool.max - 1)
        if not call.asked.called:
            call.asked.callback(result)


class Pools:
    """
    All pools. A thread is begun when there is something to do for it; for killing, one is there
    from the start: what takes all threads of the host is killed without another.
    """

    def __init__(
        self,
        reactor: IReactorFromThreads,
        clock: IReactorTime,
        sizes: Mapping[str, int] = sizes,
    ) -> None:
        """@param clock: measures how long something takes."""
        self._pools = {
            name: poolClasses.get(name, FrugalPool)(int(name == "killing"), most, name)
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


sliceSeconds: Final = 0.002


def slices(reactor: IReactorTime) -> Cooperator:
    """Works things off in slices of L{sliceSeconds}, and lets others have their turn in between."""

    def slice() -> Callable[[], bool]:
        end = time.monotonic() + sliceSeconds
        return lambda: time.monotonic() >= end

    return Cooperator(slice, lambda work: reactor.callLater(0, work))


InThread = Callable[..., Deferred[Any]]
"""Calls a function with arguments in another thread; fires with what that returns."""


class Threads(Struct, frozen=True):
    """
    Ways to run something in a thread. None waits for another.

    @ivar killing: looks for processes of a server, and ends them.
    @ivar host: asks the kernel for other things: ports, programs.
    @ivar disk: reads and writes files of the state directory, which only we write.
    @ivar games: looks into directories of games, who may have mounted there what never answers;
        each server does so L{InTurn}.
    @ivar files: reads and writes files of games for people, whose descriptors a file worker gave.
    @ivar deleting: deletes what may be much. No answer waits for it.
    """

    killing: InThread
    host: InThread
    disk: InThread
    games: InThread
    files: InThread
    deleting: InThread


def closing(threads: Threads, descriptor: int) -> Deferred[Any]:
    """
    Close a file of a game, for which its disk may have to be waited for. Where that is refused by
    the threads for files, which may all hang, another does it: no descriptor leaks.

    @return: fires when it is closed.
    """

    def elsewhere(failure: Failure) -> Deferred[Any]:
        failure.trap(Busy)
        return threads.deleting(os.close, descriptor)

    def here(failure: Failure) -> None:
        # There are no threads at all.
        failure.trap(Busy)
        os.close(descriptor)

    closed = threads.files(os.close, descriptor).addErrback(elsewhere).addErrback(here)
    return closed.addErrback(lambda failure: failure.trap(OSError) and None)


def alike(inThread: InThread) -> Threads:
    """The same way for all."""
    return Threads(*[inThread] * 6)


@define(eq=False, repr=False)
class InTurn:
    """
    Does one thing at a time in a thread, so that whoever asks for many takes no more than one from
    others. What is cancelled while a thread does it keeps its turn: the thread goes on with it.

    @ivar inThread: does them.
    """

    inThread: InThread
    _waiting: list[tuple[Deferred[Any], Callable[[], Deferred[Any]]]] = Factory(list)
    _isBusy: bool = False

    def __call__(self, function: Callable[..., Any], *arguments: object) -> Deferred[Any]:
        """Calls a function in a thread when those before it are done; see L{InThread}."""
        asked: Deferred[Any] = Deferred()
        self._waiting = [each for each in self._waiting if not each[0].called]
        self._waiting.append((asked, partial(self.inThread, function, *arguments)))
        self._begin()
        return asked

    def _begin(self) -> None:
        while self._waiting and not self._isBusy:
            asked, work = self._waiting.pop(0)
            if not asked.called:
                self._isBusy = True
                work().addBoth(self._done, asked)

    def _done(self, result: Any, asked: Deferred[Any]) -> None:
        self._isBusy = False
        if not asked.called:
            asked.callback(result)
        self._begin()
