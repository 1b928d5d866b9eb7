"""
Work that many ask for at once, and that is done once for all of them.
"""

from collections.abc import Callable
from typing import Any

from attrs import Factory, define
from twisted.internet.defer import Deferred


@define
class Shared:
    """
    Does some work for all who ask. Whoever asks while it is being done waits for the next
    time: what is going on may have passed by already what they want to be seen.

    @ivar work: it.
    """

    work: Callable[[], Deferred[Any]]
    _waiting: list[Deferred[None]] = Factory(list)
    _isBusy: bool = False

    def __call__(self) -> Deferred[None]:
        """
        @return: fires when the work has been done, all of it after this call; fails as it
            does. Cancelling it only stops the waiting.
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
            self.work().addBoth(self._done, turn)

    def _done(self, result: Any, turn: list[Deferred[None]]) -> None:
        self._begin()
        for waiting in turn:
            if not waiting.called:
                waiting.callback(result)


@define(eq=False, repr=False)
class Single:
    """
    Work that is done once at a time: whoever wants it while it is being done is content with
    that.

    @ivar work: it; what it ends with is of no interest.
    """

    work: Callable[[], Deferred[Any]]
    _current: Deferred[Any] | None = None
    _waiting: tuple[Deferred[None], ...] = ()

    @property
    def isBusy(self) -> bool:
        """Whether it is being done."""
        return self._current is not None

    def begin(self) -> None:
        """Do it, if it is not being done."""
        if self._current is None:
            self._current = self.work()
            self._current.addBoth(self._done)

    def end(self) -> Deferred[None]:
        """
        @return: fires at the end of what is being done; at once when nothing is. Cancelling
            it only stops the waiting.
        """
        ended: Deferred[None] = Deferred()
        if self._current is None:
            ended.callback(None)
        else:
            self._waiting = (*self._waiting, ended)
        return ended

    def cancel(self) -> None:
        """Cancel what is being done; who waits for its end is not told."""
        self._waiting = ()
        if self._current is not None:
            self._current.cancel()

    def _done(self, result: Any) -> None:
        self._current = None
        waiting, self._waiting = self._waiting, ()
        for ended in waiting:
            if not ended.called:
                ended.callback(None)
