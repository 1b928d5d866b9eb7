"""
A process that outlives us.

The same L{GameProcess} looks after a child whether we spawned it, through
C{reactor.spawnProcess}, or adopted it, through L{AdoptedProcess}.
"""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Protocol

from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import (
    IProcessTransport,
    IReactorFDSet,
    IReactorProcess,
    IReactorTime,
)
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from gamepanel.base.errors import NotPermitted, NotRunning
from gamepanel.console.pipes import CommandPipe, ConsoleSource, MessageSource
from gamepanel.console.readings import Readings
from gamepanel.console.ring import Ring
from gamepanel.process.adopted import AdoptedProcess
from gamepanel.process.isolatedgame import Isolated, isolatedGame
from gamepanel.process.runfiles import Exit, RunFiles


class IGameReactor(IReactorFDSet, IReactorProcess, IReactorTime):
    """What running a game needs of a reactor."""


class ProcessListener(Protocol):
    """Is told what a process does."""

    def consoleGrew(self) -> float:
        """There is more in the ring: see L{ConsoleSource}."""

    def consoleStuck(self, reason: OSError | None) -> None:
        """
        Its output has to wait, since the ring's disk fails; with None: it goes on. A run
        is not over before all of it is in the ring.
        """

    def gameHasPid(self, pid: int) -> None:
        """The game's own process has this number."""

    def gameEnded(self, exit: Exit) -> None:
        """The run is over, and all it had printed is in the ring."""


class GameProcess(ProcessProtocol):
    """
    Drives one server's pipes, from the start of its run, or its adoption, to its end.

    The process it is connected to is the shim, which leads the session and
    the group of the game; one that is isolated has a group of its own.

    @ivar isStarted: whether the shim has come to run the game.
    @ivar isIsolated: whether that is in a sandbox.
    """

    def __init__(
        self,
        reactor: IGameReactor,
        readings: Readings,
        files: RunFiles,
        ring: Ring,
        listener: ProcessListener,
        signalGroup: Callable[[int, int], None] = os.killpg,
        isolated: Callable[[int], Isolated | None] = isolatedGame,
    ) -> None:
        """
        @param readings: reads its console again while output comes all the time.
        @param isolated: looks for the game of a shim in its sandbox.
        """
        self._reactor = reactor
        self._readings = readings
        self._files = files
        self._ring = ring
        self._listener = listener
        self._signalGroup = signalGroup
        self._isolated = isolated
        self._exit: Exit | None = None
        self._abandoned = False
        self._early: tuple[str, ...] = ()
        self._ends: tuple[CommandPipe | ConsoleSource | MessageSource, ...] = ()
        self.isStarted = False
        self.isIsolated = False
        self.transport: IProcessTransport | None = None

    @property
    def shim(self) -> int | None:
        """Number of the shim's process, while there is one."""
        pid: int | None = self.transport.pid if self.transport is not None else None
        return pid

    def open(self) -> None:
        """
        Open our ends of the pipes, before there is a process: what can fail, fails here.

        @raise OSError: when one can't be opened; none is open then.
        """
        with ExitStack() as opened:
            self._openEnds(opened)
            opened.pop_all()
        self._ends = (self._commands, self._console, self._messages)

    def _openEnds(self, opened: ExitStack) -> None:
        # First what fails when nobody is at its other end.
        self._commands = CommandPipe(self._files.stdin)
        opened.callback(self._commands.close)
        self._console = ConsoleSource(
            self._reactor,
            self._reactor,
            self._readings,
            self._files.stdout,
            self._ring,
            self._listener.consoleGrew,
            self._listener.consoleStuck,
        )
        opened.callback(self._console.close)
        self._messages = MessageSource(self._reactor, self._files.messages, self._message)
        opened.callback(self._messages.close)

    def _message(self, words: list[str]) -> None:
        match words:
            case ["pid", number] if number.isdigit():
                self._begun(int(number))
            case ["up"]:
                self.isIsolated = True
                game = None if self.shim is None else self._isolated(self.shim)
                if game is not None:
                    self._begun(game.pid)
            case ["exit", code] if code.isdigit():
                self._exit = Exit(int(code))
                # Not before that is in the ring: it keeps the pipe open.
                self._console.drain(self._dismissShim)

    def _begun(self, pid: int) -> None:
        self.isStarted = True
        signals, self._early = self._early, ()
        for name in signals:
            with suppress(NotPermitted):
                self.signal(name)
        self._listener.gameHasPid(pid)

    @property
    def _group(self) -> int | None:
        """
        The process group of the game, while there is one. The one that a sandbox is in must
        get no signal: it would end the game at once, and tell a wrong exit code.
        """
        if self.shim is None or not self.isIsolated:
            return self.shim
        game = self._isolated(self.shim)
        return None if game is None else game.group

    def _dismissShim(self) -> None:
        assert self.transport is not None
        try:
            self.transport.signalProcess("KILL")
        except ProcessExitedAlready:
            pass
        except PermissionError:
            # It waits for ever now; but the run is over.
            assert self._exit is not None
            self.abandon()
            self.transport = None
            self._listener.gameEnded(self._exit)

    def maySignal(self) -> bool:
        """Whether we may signal the game's process group: not if it is another user's."""
        group = self._group
        if group is None or not self.isStarted:
            return True
        try:
            self._signalGroup(group, 0)
        except PermissionError:
            return False
        except ProcessLookupError:
            pass
        return True

    @property
    def stdin(self) -> tuple[int, int]:
        """The pipe that the game was given as its stdin, see L{CommandPipe.identity}."""
        return self._commands.identity

    def command(self, line: bytes) -> None:
        """
        Hand the game a line.

        @param line: with its line end, at most 4096 bytes.

        @raise StdinFull: it does not read.
        @raise StdinClosed: it can not.
        """
        self._commands.write(line)

    def signal(self, name: str) -> None:
        """
        Signal the game's whole process group.

        @param name: of the signal, without SIG.

        @raise NotRunning: when there is none any more.
        @raise NotPermitted: when it is another user's, and we are not root.
        """
        if self.shim is None:
            raise NotRunning()
        if not self.isStarted:
            # The chain is still on its way to the game: there is no group yet,
            # or a shim that does not catch signals yet.
            self._early = (*self._early, name)
            return
        group = self._group
        if group is None:
            # It has just ended, which the shim is about to tell.
            return
        try:
            self._signalGroup(group, signal.Signals[f"SIG{name}"])
        except ProcessLookupError:
            pass
        except PermissionError:
            raise NotPermitted() from None

    def processExited(self, reason: Failure) -> None:
        """The shim is gone, and so is the run, whoever still holds the pipes."""
        if self._abandoned:
            return
        self._messages.doRead()
        self._console.drain(lambda: self._runIsOver(reason))

    def _runIsOver(self, reason: Failure) -> None:
        self.release()
        if self._exit is None:
            ended = None
            with suppress(OSError):
                ended = self._files.ended()
            self._exit = ended[0] if ended else _exitOf(reason)
        self._listener.gameEnded(self._exit)

    def release(self) -> None:
        """Close our ends of the pipes; harmless when done already."""
        for end in reversed(self._ends):
            end.close()

    def abandon(self) -> None:
        """Let go of the process without touching it: the daemon ends, the game runs on."""
        self._abandoned = True
        self.release()
        if isinstance(self.transport, AdoptedProcess):
            self.transport.close()


def _exitOf(reason: Failure) -> Exit:
    """What the end of the shim itself says."""
    match reason.value:
        case ProcessTerminated(signal=int(number)):
            return Exit(128 + number)
        case ProcessDone(exitCode=int(code)) | ProcessTerminated(exitCode=int(code)):
            return Exit(code)
    return Exit(None)
