"""
Sees to it that a standby reader sleeps beside the daemon while there is something that it would
have to read. See L{gamepanel.console.standby}.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

import gamepanel
from gamepanel.console import standby
from gamepanel.console.gameprocess import IGameReactor
from gamepanel.console.readerlock import takeReader

lookSeconds: Final = 1.0
"""How often it is looked whether one is wanted, and whether there is one."""

pauseLooks: Final = 30
"""One that could not run is followed by another after so many looks."""

idleLooks: Final = 60
"""After so many looks at which none was wanted, it is ended."""


def program(state: str) -> list[str]:
    """
    The argument list of a standby reader.

    @param state: absolute path of the state directory.
    """
    # Without the module site, which costs memory and time; with nothing of the directory of the
    # script to be imported by accident.
    python = (sys.executable, "-S", "-P", str(standby.__file__))
    # In a session of its own, so that no ^C from our terminal reaches it.
    return ["/usr/bin/setsid", *python, state, str(os.getpid())]


class StandbyGuard(ProcessProtocol):
    """
    Ends the standby reader of the last daemon, and starts another when one is wanted and none
    is there.
    """

    def __init__(
        self, reactor: IGameReactor, state: str, boot: str, isWanted: Callable[[], bool]
    ) -> None:
        """
        @param state: absolute path of the state directory.
        @param boot: the C{bootId} of the host.
        @param isWanted: whether a run is open.
        """
        self._reactor = reactor
        self._state = state
        self._boot = boot
        self._isWanted = isWanted
        self._idle = 0
        self._pause = 0
        self._process: IProcessTransport | None = None
        self._complaint = ""
        self._said = b""
        self._looking = LoopingCall(self._look)
        self._looking.clock = reactor
        self._log = Logger()

    def takeOver(self) -> None:
        """
        See to it that nobody reads what games print, nor does before this process ends: from
        here on we may. It waits.

        @raise OSError: when that can't be had.
        """
        takeReader(self._state, self._boot)

    def start(self) -> None:
        """Begin to look; to be called after L{takeOver}."""
        self._looking.start(lookSeconds)

    def leave(self) -> None:
        """
        Look no more: the daemon ends, and the standby reader takes over; one that is started now
        where a run has begun since the last look.
        """
        if self._looking.running:
            self._looking.stop()
        if self._process is None and self._isWanted():
            self._spawn()
        elif self._process is not None:
            # A game of the same user can have stopped it: it would neither take over nor ever end.
            self._signal(self._process, signal.SIGCONT)

    def _look(self) -> None:
        self._idle = 0 if self._isWanted() else self._idle + 1
        self._pause = max(self._pause - 1, 0)
        if self._process is None and not self._idle and not self._pause:
            self._spawn()
        elif self._process is not None and self._idle > idleLooks:
            self._signal(self._process, signal.SIGKILL)

    def _spawn(self) -> None:
        self._said = b""
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        try:
            arguments = program(self._state)
            self._process = self._reactor.spawnProcess(
                self,
                arguments[0],
                arguments,
                env={"PYTHONPATH": str(Path(gamepanel.__file__).parent.parent)},
                path="/",
                childFDs={0: null, 1: null, 2: "r"},
            )
        except OSError as error:
            self._complain(error.strerror or str(error))
        finally:
            os.close(null)

    def _signal(self, process: IProcessTransport, number: signal.Signals) -> None:
        with suppress(ProcessExitedAlready):
            process.signalProcess(number)

    def _complain(self, reason: str) -> None:
        """Log it, once as long as it is the same."""
        if reason != self._complaint:
            self._complaint = reason
            self._log.error("there is no standby reader: {reason}", reason=reason)

    def errReceived(self, data: bytes) -> None:
        """See C{ProcessProtocol}: Python says why it can't run."""
        self._said = (self._said + data)[-1000:]

    def processEnded(self, reason: Failure) -> None:
        """
        See C{ProcessProtocol}. Another is started at the next look, where one is wanted; if this
        one could not run, the next could not either, so that waits.
        """
        self._process = None
        self._pause = pauseLooks if getattr(reason.value, "exitCode", None) else 0
        lines = self._said.decode(errors="replace").strip().splitlines()
        if lines and not reason.check(ProcessDone):
            self._complain(lines[-1])
        elif not self._idle:
            self._log.info("the standby reader has ended; another takes its place")
