"""
Pools of threads, one for each purpose.
"""

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

sizes: Final[Mapping[str, int]] = {
    "killing": 2,
    "host": 2,
    "disk": 4,
    "games": 4,
    "deleting": 1,
    # It takes 64 MiB for each password, and a core.
    "hashing": os.cpu_count() or 1,
}
"""How many threads there are at most for each purpose; whoever comes later waits for one."""


class Pools:
    """
    All pools. A thread is begun when there is something to do for it.
    """

    def __init__(self, reactor: IReactorFromThreads, sizes: Mapping[str, int] = sizes) -> None:
        self._reactor = reactor
        self._pools = {name: ThreadPool(0, most, name) for name, most in sizes.items()}

    def of(self, purpose: str) -> Callable[..., Deferred[Any]]:
        """
        What runs a function with its arguments in a thread for this purpose, and fires with
        what that returns.
        """
        return partial(deferToThreadPool, self._reactor, self._pools[purpose])

    def start(self) -> None:
        """Take work from now on."""
        for pool in self._pools.values():
            pool.start()

    def stop(self) -> None:
        """Take none any more, and wait for what is being done."""
        for pool in self._pools.values():
            pool.stop()
