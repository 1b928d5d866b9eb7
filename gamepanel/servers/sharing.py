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
