"""
Work that is done once at a time.
"""

from collections.abc import Callable
from typing import Any

from attrs import define
from twisted.internet.defer import Deferred


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
