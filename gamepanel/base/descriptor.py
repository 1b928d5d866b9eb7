"""
What the reactor is told to watch, in one way for all that can be read.
"""

import os

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IReadDescriptor)
class WatchedDescriptor:
    """
    A descriptor that the reactor watches: the reading end of a pipe, or what stands for a process.
    """

    def __init__(self, reactor: IReactorFDSet, descriptor: int) -> None:
        self._reactor = reactor
        self._descriptor = descriptor
        reactor.addReader(self)

    def fileno(self) -> int:
        """See C{IReadDescriptor}; -1 once closed."""
        return self._descriptor

    def logPrefix(self) -> str:
        return "server"

    def doRead(self) -> None:
        """It can be read: something waits, or the process has ended; for subclasses."""
        raise NotImplementedError

    def connectionLost(self, reason: Failure) -> None:
        """
        The reactor will not watch it any more: no process has the pipe open
        (in which case the end of the child tells the rest), or the reactor stops.
        """
        self.close()

    def close(self) -> None:
        """Stop watching and close; harmless when done already."""
        if self._descriptor != -1:
            self._reactor.removeReader(self)
            os.close(self._descriptor)
            self._descriptor = -1
