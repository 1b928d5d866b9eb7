"""
Threads for what waits, by what it waits for: killing never waits behind a disk.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from twisted.internet.defer import Deferred

InThread = Callable[..., Deferred[Any]]
"""Calls a function with arguments in another thread; fires with what that returns."""


class Threads(Struct, frozen=True):
    """
    Ways to run something in a thread. None waits for another.

    @ivar killing: looks for processes of a server, and ends them.
    @ivar host: asks the kernel for other things: ports, programs.
    @ivar disk: reads and writes files of the state directory, which only we write.
    @ivar games: looks into directories of games, who may have mounted there what never answers.
    @ivar deleting: deletes what may be much. No answer waits for it.
    """

    killing: InThread
    host: InThread
    disk: InThread
    games: InThread
    deleting: InThread


def alike(inThread: InThread) -> Threads:
    """The same way for all."""
    return Threads(inThread, inThread, inThread, inThread, inThread)
