"""
Tells work that takes linear time from work that takes quadratic time, on whatever machine, however
busy that is.
"""

import time
from collections.abc import Callable
from typing import Final

times: Final = 8
"""So much larger is what the work gets, too."""

growth: Final = 24
"""
What is linear takes 8 times as long, or a few times that where the allocator takes other ways;
what is quadratic takes 64 times as long.
"""

tries: Final = 20
"""So often at most it is measured, since others use the processor, too."""

leastSeconds: Final = 0.002
"""Less is not measured well."""


def taken(work: Callable[[], object]) -> float:
    """The processor time of some work, in seconds."""
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


def checkLinear(work: Callable[[int], object], size: int) -> None:
    """
    Check that some work takes linear time.

    @param work: called with the size of what it is to work on, anew each time.
    @param size: such that what is quadratic takes far more than 2 ms for it.

    @raise AssertionError: when it takes more.
    """
    once = more = float("inf")
    for number in range(tries):
        once = min(once, taken(lambda: work(size)))
        more = min(more, taken(lambda: work(times * size)))
        most = growth * max(once, leastSeconds)
        if more <= most:
            return
        if number > 2 and more > 2 * most:
            break
    raise AssertionError(f"{once * 1000} ms for {size}, {more * 1000} ms for {times * size}")
