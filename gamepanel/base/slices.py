"""
Long work on the reactor, in slices.
"""

import time
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Cooperator

sliceSeconds: Final = 0.002


def slices(reactor: IReactorTime) -> Cooperator:
    """Works things off in slices of L{sliceSeconds}, and lets others have their turn in between."""

    def slice() -> Callable[[], bool]:
        end = time.monotonic() + sliceSeconds
        return lambda: time.monotonic() >= end

    return Cooperator(slice, lambda work: reactor.callLater(0, work))
