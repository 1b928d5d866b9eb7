"""
When the consoles of games that print all the time are read again.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from gamepanel.console.finetimer import FineTimer

coarseSeconds: Final = 0.005
"""Where a pause is so long, one more millisecond is little."""

turnSeconds: Final = 0.0002
"""
So long consoles that fill as fast as they are read are read in one turn of the reactor, if that is
enough for L{mostTurns}.
"""

mostTurns: Final = 8
"""Within so many turns each of them is read, however many there are: its game waits meanwhile."""


class Readings:
    """
    Reads consoles again: most after a pause, and a few in each turn of the reactor of those that
    fill as fast as they are read.

    A read wakes the game that waits to print more. Where processors are short the kernel lets
    that run first, and we go on after its time slice: would the reactor read all such consoles in
    each turn, whoever asks something would wait for as many time slices.
    """

    def __init__(self, clock: IReactorTime, timer: FineTimer | None = None) -> None:
        """
        @param timer: for pauses that count; without one the clock is to do.
        """
        self._clock = clock
        self._timer = timer
        self._waiting: deque[Callable[[], None]] = deque()
        self._isDue = False

    def after(self, pause: float, read: Callable[[], None]) -> Callable[[], None]:
        """
        Have a console read after a pause.

        @param pause: in seconds.
        @param read: reads it.

        @return: takes that back, before it is called.
        """
        if self._timer is not None and pause < coarseSeconds:
            try:
                return self._timer.after(pause, read)
            except OSError:
                # Without a timer of the kernel it is a millisecond later.
                pass
        return self._clock.callLater(pause, read).cancel

    def inTurn(self, read: Callable[[], None]) -> Callable[[], None]:
        """
        Have a console read when it is its turn.

        @param read: reads some of it, once; it may add itself again.

        @return: takes that back, before it is called.
        """
        self._waiting.append(read)
        self._goOn()
        return lambda: self._waiting.remove(read)

    def _goOn(self) -> None:
        if self._waiting and not self._isDue:
            self._isDue = True
            self._clock.callLater(0, self._read)

    def _read(self) -> None:
        self._isDue = False
        seconds = self._clock.seconds
        end = seconds() + turnSeconds
        # Who adds itself again is not among them.
        count = len(self._waiting)
        try:
            for done in range(count):
                # Whoever is told of what was read may take back others.
                if not self._waiting or (done * mostTurns >= count and seconds() >= end):
                    break
                self._waiting.popleft()()
        finally:
            self._goOn()
