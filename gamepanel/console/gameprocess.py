"""
A process that outlives us, and the daemon's ends of its pipes (L{gamepanel.console.fifo}).

The same L{GameProcess} looks after a child whether we spawned it, through
C{reactor.spawnProcess}, or adopted it, through L{AdoptedProcess}.
"""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Final, Protocol

from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import (
    IProcessTransport,
    IReactorFDSet,
    IReactorProcess,
    IReactorTime,
)
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from gamepanel.base.errors import NotPermitted, NotRunning, StdinClosed, StdinFull
from gamepanel.console.fifo import enlarge, openPipe, readBytes
from gamepanel.console.readings import Readings
from gamepanel.console.ring import Ring, readInto, waiting
from gamepanel.process.adopted import AdoptedProcess
from gamepanel.process.isolatedgame import Isolated, isolatedGame
from gamepanel.process.runfiles import Exit, RunFiles, WatchedDescriptor

busySeconds: Final = 0.008
"""Output that comes no later than this after it could be read comes all the time."""

rateSeconds: Final = 0.02
"""Over how long it is measured how fast output comes."""

retrySeconds: Final = 1.0
"""How long output is left in its pipe when its log could not be written to."""


class ConsoleSource(WatchedDescriptor):
    """
    Takes what a child prints straight into its ring.
    """

    def __init__(
        self,
        reactor: IReactorFDSet,
        clock: IReactorTime,
        readings: Readings,
        path: str,
        ring: Ring,
        grew: Callable[[], float],
        stuck: Callable[[OSError | None], None],
    ) -> None:
        """
        @param readings: reads it again while output comes all the time.
        @param path: the child's output pipe.
        @param grew: called after each read that took something in; says how long the pipe may
            gather output, in seconds, when that comes all the time.
        @param stuck: called with the reason when the ring can't be written to, since its
            disk fails, and with None when it can be again. Meanwhile output waits in the pipe.
        """
        descriptor = openPipe(path, os.O_RDONLY)
        self._capacity = enlarge(descriptor)
        self._clock, self._readings = clock, readings
        self._ring = ring
        self._grew = grew
        self._stuck = stuck
        self._isStuck = False
        self._drained: tuple[Callable[[], None], ...] = ()
        self._readAt = self._readyAt = self._since = 0.0
        self._recent = 0
        # While it is not watched, takes back that it is read again.
        self._rest: Callable[[], None] | None = None
        self._isWatched = True
        super().__init__(reactor, descriptor)

    def doRead(self) -> None:
        """
        Take in what waits, up to L{readBytes}.

        A child that prints line by line at full speed would wake us for each, so
        when something comes right after something, the pipe may gather some
        first; if it came so fast that the pipe would be full meanwhile, others
        have their turn first.
        """
        taken = self._take(readBytes)
        if not taken:
            return
        rest = self._grew()
        if self._descriptor == -1:
            # Who was told of it has closed this.
            return
        now = self._clock.seconds()
        isBusy = now - self._readyAt < busySeconds
        filled = self._rate(taken, now) * rest
        self._readyAt = now
        if not isBusy:
            return
        self._ignore()
        if taken < readBytes and filled < self._capacity / 2:
            self._rest = self._readings.after(rest, self._goOn)
        else:
            self._rest = self._readings.inTurn(self._goOn)

    def _rate(self, taken: int, now: float) -> float:
        """
        Count what has been read now.

        @return: how fast output has come lately, in bytes for each second.
        """
        if now - self._since > rateSeconds:
            self._since, self._recent = self._readAt, 0
        self._readAt = now
        self._recent += taken
        return self._recent / max(now - self._since, 1e-6)

    def _goOn(self) -> None:
        self._rest = None
        # Where many others had their turns first, that was long ago.
        self._readyAt = self._clock.seconds()
        # Mostly something has come, so the reactor is only asked if not.
        self.doRead()
        if self._rest is None and self._descriptor != -1:
            self._watch()

    def _watch(self) -> None:
        self._isWatched = True
        self._reactor.addReader(self)

    def _ignore(self) -> None:
        # While it prints all the time it is not watched anyway.
        if self._isWatched:
            self._isWatched = False
            self._reactor.removeReader(self)

    def _waitForMemory(self, reason: OSError) -> None:
        """Leave in the pipe what waits there, and try again later."""
        if not self._isStuck:
            self._isStuck = True
            self._stuck(reason)
        if self._rest is not None:
            self._rest()
        self._ignore()
        self._rest = self._clock.callLater(retrySeconds, self._tryAgain).cancel

    def _tryAgain(self) -> None:
        self._rest = None
        if not self._takeAll() or self._descriptor == -1:
            return
        self._watch()
        drained, self._drained = self._drained, ()
        for then in drained:
            then()

    def close(self) -> None:
        """Stop watching and close; harmless when done already."""
        if self._rest is not None:
            self._rest()
            self._rest = None
        self._drained = ()
        super().close()

    def drain(self, then: Callable[[], None]) -> None:
        """
        Take in all that waits now; not what comes meanwhile, since a process
        that was left behind could go on printing for ever.

        @param then: called when it is in the ring: at once, but where the ring can't be
            written to.
        """
        if self._takeAll():
            then()
        else:
            self._drained = (*self._drained, then)

    def _takeAll(self) -> bool:
        """Take in all that waits now; whether the ring could be written to."""
        if self._descriptor == -1:
            return True
        rest = waiting(self._descriptor)
        if not rest:
            # Nor is any of it left that could not be written: the child may have read it itself.
            return True
        # Who is told of it may close this.
        while rest > 0 and self._descriptor != -1:
            taken = self._take(rest)
            if not taken:
                break
            self._grew()
            rest -= taken
        return not self._isStuck

    def _take(self, most: int) -> int:
        ready = min(waiting(self._descriptor), most)
        try:
            size = readInto(self._ring, self._descriptor, ready) if ready else 0
        except OSError as error:
            self._waitForMemory(error)
            return 0
        if self._isStuck:
            self._isStuck = False
            self._stuck(None)
        return size


class MessageSource(WatchedDescriptor):
    """
    Takes the lines that a shim writes about its game.
    """

    def __init__(
        self, reactor: IReactorFDSet, path: str, received: Callable[[list[str]], None]
    ) -> None:
        """
        @param path: the shim's message pipe.
        @param received: called with the words of each line.
        """
        self._received = received
        self._rest = b""
        super().__init__(reactor, openPipe(path, os.O_RDONLY))

    def doRead(self) -> None:
        """Take in the lines that wait; harmless when closed."""
        if self._descriptor == -1:
            return
        try:
            data = os.read(self._descriptor, 4096)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._received(line.decode("ascii", "replace").split())


class CommandPipe:
    """
    The writing end of a child's stdin.

    It needs no buffer: the kernel takes a line of up to C{PIPE_BUF} (4096) bytes
    whole or not at all, see C{pipe(7)}.

    @ivar identity: device and inode of the pipe, by which it is found among what others have open.
    """

    def __init__(self, path: str) -> None:
        """
        @param path: the child's input pipe, which the child must have open.
        """
        self._descriptor = openPipe(path, os.O_WRONLY)
        pipe = os.fstat(self._descriptor)
        self.identity = pipe.st_dev, pipe.st_ino

    def write(self, line: bytes) -> None:
        """
        Write a line, whole or not at all.

        @param line: with its line end, at most 4096 bytes.

        @raise StdinFull: the child does not read.
        @raise StdinClosed: nobody could read it.
        """
        try:
            os.write(self._descriptor, line)
        except BlockingIOError:
            raise StdinFull() from None
        except BrokenPipeError:
            raise StdinClosed() from None

    def close(self) -> None:
        """Close; harmless when done already."""
        if self._descriptor != -1:
            os.close(self._descriptor)
            self._descriptor = -1


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
