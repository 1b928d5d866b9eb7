"""
A process that an earlier daemon spawned.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IReactorFDSet
from twisted.python.failure import Failure

from gamepanel.process.members import Identity, identify
from gamepanel.process.runfiles import WatchedDescriptor


class AdoptedProcess(WatchedDescriptor):
    """
    A process that an earlier daemon spawned: of C{IProcessTransport} what its protocols use, which
    have its pipes themselves.

    It is no child of ours, so there is no SIGCHLD for it: a pidfd becomes
    readable when it ends, and means this process for ever, see C{pidfd_open(2)}.
    """

    def __init__(
        self,
        reactor: IReactorFDSet,
        identity: Identity,
        protocol: Any,
        identify: Callable[[int], Identity | None] = identify,
        openProcess: Callable[[int], int] = os.pidfd_open,
        signalProcess: Callable[[int, int], None] = signal.pidfd_send_signal,
    ) -> None:
        """
        @param protocol: an C{IProcessProtocol}.

        @raise ProcessLookupError: when that process has ended.
        """
        self._protocol = protocol
        self.pid: int | None = identity.pid
        self._signalProcess = signalProcess
        descriptor = openProcess(identity.pid)
        # Only now the number can't pass to another process unnoticed.
        if identify(identity.pid) != identity:
            os.close(descriptor)
            raise ProcessLookupError(identity.pid)
        super().__init__(reactor, descriptor)
        protocol.makeConnection(self)

    def doRead(self) -> None:
        """The process has ended."""
        self.close()
        self.pid = None
        reason = Failure(ProcessLookupError("its exit code is not ours to know"))
        self._protocol.processExited(reason)
        self._protocol.processEnded(reason)

    def signalProcess(self, signalID: str | int) -> None:
        """
        Send it a signal.

        @raise ProcessExitedAlready: when it has ended.
        """
        if self._descriptor == -1:
            raise ProcessExitedAlready()
        number = signal.Signals[f"SIG{signalID}"] if isinstance(signalID, str) else signalID
        try:
            self._signalProcess(self._descriptor, number)
        except ProcessLookupError:
            raise ProcessExitedAlready() from None
