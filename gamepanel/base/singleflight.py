"""
Single flight and coalescing: work that many ask for at once is done once for all of them.
"""

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from attrs import Factory, define
from twisted.internet.defer import Deferred, maybeDeferred, succeed

T = TypeVar("T")
Work = Callable[[], Deferred[T] | Coroutine[Deferred[Any], Any, T]]
"""Begins a run."""


@define(eq=False, repr=False)
class SingleFlight(Generic[T]):
    """
    Single flight: calls with the same key share the run in progress.
    """

    _waiting: dict[Hashable, list[Deferred[T]]] = Factory(dict)
    _runs: dict[Hashable, Deferred[Any]] = Factory(dict)

    def __call__(self, work: Work[T], key: Hashable = None) -> Deferred[T]:
        """
        @param work: begins a run, if none is in progress.

        @return: fires with the result or failure of the run. It is the caller's own: cancelling
            it takes nothing from others.
        """
        waiting: Deferred[T] = Deferred()
        if key in self._waiting:
            self._waiting[key].append(waiting)
        else:
            self._waiting[key] = [waiting]
            self._runs[key] = run = maybeDeferred(work)
            run.addBoth(self._ended, key)
        return waiting

    def ended(self, key: Hashable = None) -> Deferred[None]:
        """
        @return: fires at the end of the run in progress, however it ends; at once when there
            is none.
        """
        if key not in self._waiting:
            return succeed(None)
        ended: Deferred[None] = Deferred()
        running: Deferred[T] = Deferred()
        running.addBoth(lambda _: None if ended.called else ended.callback(None))
        self._waiting[key].append(running)
        return ended

    def cancel(self, key: Hashable = None) -> None:
        """Cancel the run in progress, if there is one. Those who wait for it are never told."""
        if key in self._runs:
            self._waiting[key].clear()
            self._runs[key].cancel()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._waiting

    def __len__(self) -> int:
        return len(self._waiting)

    def _ended(self, result: Any, key: Hashable) -> None:
        del self._runs[key]
        for waiting in self._waiting.pop(key):
            if not waiting.called:
                waiting.callback(result)


@define
class Coalesced:
    """
    Coalesces calls: a call during a run waits for the next run, as the current one may have
    passed what the caller wants to be seen.

    @ivar work: begins a run.
    """

    work: Work[Any]
    _waiting: list[Deferred[None]] = Factory(list)
    _isBusy: bool = False

    def __call__(self) -> Deferred[None]:
        """
        @return: fires with the result or failure of a run that began after this call.
            Cancelling it takes nothing from others.
        """
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        if not self._isBusy:
            self._begin()
        return waiting

    def _begin(self) -> None:
        turn, self._waiting = self._waiting, []
        self._isBusy = bool(turn)
        if turn:
            maybeDeferred(self.work).addBoth(self._done, turn)

    def _done(self, result: Any, turn: list[Deferred[None]]) -> None:
        self._begin()
        for waiting in turn:
            if not waiting.called:
                waiting.callback(result)
