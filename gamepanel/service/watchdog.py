"""
Tells the service manager again and again that the daemon is alive.

systemd kills and restarts a service that does not, where its unit has C{WatchdogSec=}. It needs
to: while a daemon is stuck nobody else may read what the games print. See
C{sd_watchdog_enabled(3)}.
"""

from collections.abc import MutableMapping

from twisted.application.service import Service
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from gamepanel.service.notify import Notify


def watchdogSeconds(environment: MutableMapping[str, str], pid: int) -> float | None:
    """
    Find out within what time the service manager wants to hear of us; None when it does not.

    @param environment: of the process; what says so is taken out of it, as it is not for children.
    @param pid: number of this process.
    """
    microseconds = environment.pop("WATCHDOG_USEC", "")
    wanted = environment.pop("WATCHDOG_PID", str(pid))
    # int() refuses some digits of Unicode, and thousands of any.
    isNumber = microseconds.isascii() and microseconds.isdigit() and len(microseconds) <= 20
    if not isNumber or not int(microseconds) or wanted != str(pid):
        return None
    return int(microseconds) / 1e6


class Watchdog(Service):
    """
    Says so from its start to the very end of the process: to stop all servers may take long.
    """

    def __init__(self, notify: Notify, clock: IReactorTime, seconds: float | None) -> None:
        """
        @param seconds: within which it must be heard; None when nobody waits for it.
        """
        self._seconds = seconds
        # By the reactor: when that is stuck, nothing is said.
        self._telling = LoopingCall(notify, "WATCHDOG=1")
        self._telling.clock = clock

    def startService(self) -> None:
        super().startService()
        if self._seconds is not None:
            self._telling.start(self._seconds / 3)
