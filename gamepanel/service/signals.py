"""
What the daemon does on signals, beside ending on SIGTERM and SIGINT: SIGHUP has it read
anew what may have been replaced; no other ends it by accident.
"""

import signal
from collections.abc import Callable, Iterable
from typing import Final

from attrs import define
from twisted.application.service import Service
from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import Logger

log = Logger()

meaningless: Final = (
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGALRM,
    signal.SIGVTALRM,
    signal.SIGPROF,
    signal.SIGIO,
    signal.SIGPWR,
    signal.SIGSTKFLT,
)
"""
What by default ends a process, and is sent to a daemon by mistake, if at all. SIGQUIT, SIGABRT
and what a fault raises are left: they are there to end it and to leave a core. Python itself
ignores SIGPIPE and SIGXFSZ.
"""


@define(eq=False, repr=False)
class Signals(Service):
    """
    Handles signals from its start on, and goes on when it is stopped: a signal that comes
    while the daemon ends must not end it sooner.
    """

    _reactor: IReactorFromThreads
    _onHangUp: Iterable[Callable[[], None]]

    def startService(self) -> None:
        super().startService()
        self._handle(signal.SIGHUP, self._hangUp)
        for number in meaningless:
            self._handle(number, self._ignored)

    def _handle(self, number: signal.Signals, act: Callable[[signal.Signals], None]) -> None:
        # nohup ignores SIGHUP, and another log than ours may have SIGUSR1 rotate it.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda *_: self._reactor.callFromThread(act, number))

    def _hangUp(self, number: signal.Signals) -> None:
        log.info("{signal}: going on with new files, if there are any", signal=number.name)
        for action in self._onHangUp:
            action()

    def _ignored(self, number: signal.Signals) -> None:
        log.info("{signal} is ignored; SIGTERM ends the daemon", signal=number.name)
