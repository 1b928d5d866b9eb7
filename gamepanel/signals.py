"""
What the daemon does on signals, beside ending on SIGTERM and SIGINT: SIGHUP has it read
anew what may have been replaced; no other ends it by accident.
"""

import os
import signal
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

from attrs import define
from twisted.application.service import Service
from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import Logger, globalLogPublisher

log = Logger()

meaningless: Final = tuple(
    sorted(
        getattr(signal.Signals, name)
        for name in (
            *("SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGPWR"),
            "SIGSTKFLT",
        )
        if hasattr(signal.Signals, name)
    )
)
"""
What by default ends a process, and is sent to a daemon by mistake, if at all. SIGQUIT, SIGABRT
and what a fault raises are left: they are there to end it and to leave a core. Python itself
ignores SIGPIPE and SIGXFSZ.
"""


class LogFile(Protocol):
    """The part of a log file that is used."""

    path: str

    def reopen(self) -> None:
        """Go on in the file that has the name now."""


def logFiles(observers: Iterable[Any]) -> list[LogFile]:
    """The files that log observers write to, of those that can be opened anew."""
    files: list[Any] = [getattr(observer, "_outFile", None) for observer in observers]
    return [file for file in files if hasattr(file, "reopen")]


def reopenLog() -> None:
    """Go on in a new file, if another program has moved the one that is written to."""
    # twistd makes the observer and tells nobody of it.
    for file in logFiles(globalLogPublisher._observers):
        try:
            # Where this fails the old file must stay open, and reopen() closes it first.
            os.close(os.open(file.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            log.error(
                "the log file {path} can't be opened anew, the old one stays: {reason}",
                path=file.path,
                reason=error.strerror,
            )
        else:
            file.reopen()


@define(eq=False)
class Signals(Service):
    """
    Handles signals from its start on, and goes on when it is stopped: a signal that comes
    while the daemon ends must not end it sooner.
    """

    _reactor: IReactorFromThreads
    _onHangUp: Iterable[Callable[[], None]]

    def startService(self) -> None:
        """See L{Service}."""
        super().startService()
        self._handle(signal.SIGHUP, self._hangUp)
        for number in meaningless:
            self._handle(number, self._ignored)

    def _handle(self, number: signal.Signals, act: Callable[[signal.Signals], None]) -> None:
        # With a log file twistd has SIGUSR1 rotate it, and nohup ignores SIGHUP.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda *_: self._reactor.callFromThread(act, number))

    def _hangUp(self, number: signal.Signals) -> None:
        log.info("{signal}: going on with new files, if there are any", signal=number.name)
        for action in self._onHangUp:
            action()

    def _ignored(self, number: signal.Signals) -> None:
        log.info("{signal} is ignored; SIGTERM ends the daemon", signal=number.name)
