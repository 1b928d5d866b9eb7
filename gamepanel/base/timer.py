"""
Timers: something that is to be done once, later, unless something else comes before.
"""

from collections.abc import Callable

from attrs import define
from twisted.internet.interfaces import IDelayedCall, IReactorTime


@define(eq=False, repr=False)
class Timer:
    """
    A delayed call, one at a time.
    """

    _clock: IReactorTime
    _call: IDelayedCall | None = None

    @property
    def isSet(self) -> bool:
        """Whether something is yet to be done."""
        return self._call is not None and self._call.active()

    def after(self, seconds: float, then: Callable[..., object], *arguments: object) -> None:
        """
        Do something later, in place of what was to be done.

        @param then: called with the arguments.
        """
        self.cancel()
        self._call = self._clock.callLater(seconds, then, *arguments)

    def reset(self, seconds: float) -> None:
        """Do what is yet to be done so long from now."""
        if self._call is not None and self._call.active():
            self._call.reset(seconds)

    def cancel(self) -> None:
        """Do nothing of it."""
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None
