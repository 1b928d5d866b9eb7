"""
Lets the disk have a server's log from time to time, so that a crash of the host costs little.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from attrs import Factory, define
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import NoSpace, shortage
from gamepanel.base.threads import InThread
from gamepanel.console.consolefile import synchronize
from gamepanel.console.ring import Ring
from gamepanel.disk.shortages import shortageLog

syncSeconds: Final = 1.0
"""After it has grown, a log is on the disk so long later: what a crash of the host may cost."""


@define(eq=False, repr=False)
class LogSync:
    """
    Syncs one log.

    @ivar _inThread: writes to the disk.
    @ivar _server: whose log it is.
    @ivar _directory: its directory in the state directory.
    @ivar _state: the log, and whether something can be printed into it.
    """

    _log: ClassVar[Logger] = Logger()

    _reactor: IReactorTime
    _inThread: InThread
    _server: str
    _directory: str
    _state: Callable[[], tuple[Ring, bool]]
    _timer: IDelayedCall | None = None
    _disk: DeferredLock = Factory(DeferredLock)

    def soon(self) -> None:
        """The log has changed: sync it within L{syncSeconds}."""
        if self._timer is None:
            self._timer = self._reactor.callLater(syncSeconds, self._due)

    def _due(self) -> None:
        self._timer = None
        ring, isOpen = self._state()
        self._sync(ring, isOpen).addErrback(self._failed)

    def beforeOpening(self) -> Deferred[Any]:
        """
        Sync it now, before a run prints into it.

        @return: fires when it is on the disk.
        """
        return self._sync(self._state()[0], True)

    def _sync(self, ring: Ring, isOpen: bool) -> Deferred[Any]:
        # One after the other, should the disk be slow.
        return self._disk.run(self._inThread, synchronize, self._directory, ring, isOpen)

    def _failed(self, failure: Failure) -> None:
        lack = shortage(failure.value) if isinstance(failure.value, OSError) else None
        if isinstance(lack, NoSpace):
            # It is tried again each second.
            shortageLog.say(lack)
            return
        self._log.error(
            "{server}: its console can't be synced: {reason}",
            server=self._server,
            reason=failure.getErrorMessage(),
        )

    def cancel(self) -> None:
        """Do nothing more by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
