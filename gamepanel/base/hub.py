"""
What many wait for: events, which a hub tells all who listen (one for each server, for each session,
and for the daemon), and work that is done once for all who ask (single flight, coalescing).
"""

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, ClassVar, Generic, TypeVar

from attrs import Factory, define
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.logger import Logger

E = TypeVar("E")
T = TypeVar("T")
Work = Callable[[], Deferred[T] | Coroutine[Deferred[Any], Any, T]]
"""Begins a run."""


@define(eq=False, repr=False)
class Hub(Generic[E]):
    """
    Listeners, each on its own: one that fails is logged and hurts no other, and one that
    has left is not called any more, even when it leaves while others are being told.
    """

    _log: ClassVar[Logger] = Logger()

    _listeners: dict[int, Callable[[E], object]] = Factory(dict)
    _last: int = 0

    def __bool__(self) -> bool:
        return bool(self._listeners)

    def __len__(self) -> int:
        return len(self._listeners)

    def listen(self, listener: Callable[[E], object]) -> Callable[[], None]:
        """
        @param listener: called with each event, from the next on.

        @return: a function that ends it; harmless when done already.
        """
        self._last += 1
        number = self._last
        self._listeners[number] = listener
        return lambda: self._listeners.pop(number, None) and None

    def tell(self, event: E) -> None:
        """Tell all who listen now."""
        for number, listener in list(self._listeners.items()):
            if number not in self._listeners:
                continue
            try:
                listener(event)
            except Exception:
                self._log.failure("a listener has failed at {event}", event=event)

    def next(self) -> Deferred[E]:
        """
        @return: fires with the next event; cancelling it ends the wait.
        """
        result: Deferred[E] = Deferred(lambda _: end())

        def once(event: E) -> None:
            end()
            result.callback(event)

        end = self.listen(once)
        return result


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
