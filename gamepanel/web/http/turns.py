"""
Requests are answered a few in each turn of the reactor, so that however many come at once, and
however dear they are, what games print is read in between.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

budget: Final = 32
"""What is done in one turn, by its cost; and beyond that one dear thing, if one waits."""

noted: Final = budget // 2
"""
From so much on the end of a turn is waited for: a timer for each turn would cost more than most of
what is done, and what earlier turns have left over never takes more than this of the budget.
"""

cheap: Final = 4
"""What costs no more than this goes before what is dear."""

Work = Callable[[], None]


def costOf(bytesOfBody: int) -> int:
    """What a request costs: as much as one without a body, and that again for each KiB."""
    return 1 + bytesOfBody // 1024


class Turns:
    """
    Shares out work over turns of the reactor. As long as there is little, it is done at once.
    """

    def __init__(self, later: Callable[[Work], object]) -> None:
        """
        @param later: calls a function in the next turn.
        """
        self._later = later
        self._cheap: deque[tuple[int, Work]] = deque()
        self._dear: deque[tuple[int, Work]] = deque()
        self._spent = 0
        self._isArmed = False
        self._isBusy = False

    @property
    def isBusy(self) -> bool:
        """Whether something waits for another turn."""
        return self._isBusy

    def do(self, cost: int, work: Work) -> None:
        """
        Do some work, in this turn or in a later one: what is cheap in the order in which it comes,
        what is dear likewise.

        @param cost: see L{costOf}.
        @param work: raises nothing.
        """
        if self._isBusy or self._spent >= budget:
            self._isBusy = True
            (self._cheap if cost <= cheap else self._dear).append((cost, work))
        else:
            self._spent += cost
            work()
        if self._spent >= noted:
            self._arm()

    def _arm(self) -> None:
        if not self._isArmed:
            self._isArmed = True
            self._later(self._turn)

    def _turn(self) -> None:
        """Another turn: one dear thing has its place in each, or it might wait for ever."""
        self._spent = 0
        while self._cheap and self._spent < budget:
            self._next(self._cheap)
        if self._dear:
            self._next(self._dear)
        self._isArmed, self._isBusy = False, bool(self._cheap or self._dear)
        if self._isBusy or self._spent >= noted:
            self._arm()

    def _next(self, waiting: deque[tuple[int, Work]]) -> None:
        cost, work = waiting.popleft()
        self._spent += cost
        work()
