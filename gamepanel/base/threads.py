"""
Threads for what waits, by what it waits for: killing never waits behind a disk.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import Factory, define
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
    @ivar games: looks into directories of games, who may have mounted there what never answers;
        each server does so L{InTurn}.
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


@define(eq=False, repr=False)
class InTurn:
    """
    Does one thing at a time in a thread, so that whoever asks for many takes no more than one from
    others. What is cancelled while a thread does it keeps its turn: the thread goes on with it.

    @ivar inThread: does them.
    """

    inThread: InThread
    _waiting: list[tuple[Deferred[Any], Callable[[], Deferred[Any]]]] = Factory(list)
    _isBusy: bool = False

    def __call__(self, function: Callable[..., Any], *arguments: object) -> Deferred[Any]:
        """See L{InThread}."""
        asked: Deferred[Any] = Deferred()
        self._waiting = [each for each in self._waiting if not each[0].called]
        self._waiting.append((asked, partial(self.inThread, function, *arguments)))
        self._begin()
        return asked

    def _begin(self) -> None:
        while self._waiting and not self._isBusy:
            asked, work = self._waiting.pop(0)
            if not asked.called:
                self._isBusy = True
                work().addBoth(self._done, asked)

    def _done(self, result: Any, asked: Deferred[Any]) -> None:
        self._isBusy = False
        if not asked.called:
            asked.callback(result)
        self._begin()
