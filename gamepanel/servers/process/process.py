"""
A process that outlives us.

The same L{GameProcess} looks after a child whether we spawned it, through
C{reactor.spawnProcess}, or adopted it, through L{AdoptedProcess}.
"""

import errno
import os
import resource
import signal
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from typing import Final, Protocol

from attrs import frozen
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import (
    IAddress,
    IProcessProtocol,
    IProcessTransport,
    IReactorFDSet,
    IReactorProcess,
    IReactorTime,
    IReadDescriptor,
)
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from gamepanel.errors import NotPermitted, NotRunning, SpawnFailed, shortage
from gamepanel.servers.log.ring import Ring
from gamepanel.servers.process.launch import Launch, chain, messageDescriptor
from gamepanel.servers.process.pipes import (
    CommandPipe,
    ConsoleSource,
    MessageSource,
    makePipe,
    openForChild,
)
from gamepanel.servers.restart import Exit

openFiles: Final = resource.getrlimit(resource.RLIMIT_NOFILE)
"""Soft and hard limit of open files as the daemon found them: what its children shall have."""


retrySeconds: Final = 5.0
"""After so long another try makes sense where the host lacks something."""


class IGameReactor(IReactorFDSet, IReactorProcess, IReactorTime):
    """What running a game needs of a reactor."""


@frozen
class Identity:
    """
    Which process it is; a number alone may long be another's.

    @ivar pid: its number.
    @ivar startTicks: when it started, in clock ticks since the host did.
    """

    pid: int
    startTicks: int


def identify(pid: int) -> Identity | None:
    """
    The process that has this number now, if there is one.

    Source: C{proc_pid_stat(5)}, field 22. The second field is a name in
    parentheses that may hold anything, so fields are counted after it.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Identity(pid, int(fields[19]))


def bootId() -> str:
    """A word that the kernel makes anew each time the host starts."""
    with open("/proc/sys/kernel/random/boot_id") as words:
        return words.read().strip()


@frozen
class RunFiles:
    """
    Where in the file system a server's run takes place.

    @ivar directory: the server's own directory in the state directory.
    """

    directory: str

    @property
    def stdin(self) -> str:
        """Pipe that the child reads."""
        return os.path.join(self.directory, "stdin")

    @property
    def stdout(self) -> str:
        """Pipe that the child prints into."""
        return os.path.join(self.directory, "stdout")

    @property
    def messages(self) -> str:
        """Pipe in which its shim tells us about it."""
        return os.path.join(self.directory, "keeper")

    @property
    def record(self) -> str:
        """File that its shim renames to end in the exit code."""
        return os.path.join(self.directory, "exit")

    def clear(self) -> None:
        """Forget how the last run ended, and make the record for the next one."""
        for name in os.listdir(self.directory):
            if name.startswith("exit."):
                os.unlink(os.path.join(self.directory, name))
        os.close(os.open(self.record, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def ended(self) -> tuple[Exit, float] | None:
        """How and when (Unix time) the last run ended, if its shim has written it."""
        for name in os.listdir(self.directory):
            code = name.removeprefix("exit.")
            if code != name and code.isdigit():
                # A rename does not touch the file's content, so it is the
                # time of the change that tells.
                return Exit(int(code)), os.stat(os.path.join(self.directory, name)).st_ctime
        return None


class ProcessListener(Protocol):
    """Who is told what a process does."""

    def consoleGrew(self) -> None:
        """There is more in the ring."""

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
    the group of the game.

    @ivar isStarted: whether the shim has come to run the game.
    """

    def __init__(
        self,
        reactor: IGameReactor,
        files: RunFiles,
        ring: Ring,
        listener: ProcessListener,
        signalGroup: Callable[[int, int], None] = os.killpg,
    ) -> None:
        self._reactor = reactor
        self._files = files
        self._ring = ring
        self._listener = listener
        self._signalGroup = signalGroup
        self._exit: Exit | None = None
        self._abandoned = False
        self._early: list[str] = []
        self._ends = ExitStack()
        self.isStarted = False
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
            self._ends = opened.pop_all()

    def _openEnds(self, opened: ExitStack) -> None:
        # First what fails when nobody is at its other end.
        self._commands = CommandPipe(self._files.stdin)
        opened.callback(self._commands.close)
        self._console = ConsoleSource(
            self._reactor,
            self._reactor,
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
                self.isStarted = True
                signals, self._early = self._early, []
                for name in signals:
                    with suppress(NotPermitted):
                        self.signal(name)
                self._listener.gameHasPid(int(number))
            case ["exit", code] if code.isdigit():
                self._exit = Exit(int(code))
                # Not before that is in the ring: it keeps the pipe open.
                self._console.drain(self._dismissShim)

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
        if self.shim is None or not self.isStarted:
            return True
        try:
            self._signalGroup(self.shim, 0)
        except PermissionError:
            return False
        except ProcessLookupError:
            pass
        return True

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
            # or a shim who does not catch signals yet.
            self._early.append(name)
            return
        try:
            self._signalGroup(self.shim, signal.Signals[f"SIG{name}"])
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
        self._ends.close()

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


def spawn(reactor: IGameReactor, launch: Launch, files: RunFiles, game: GameProcess) -> None:
    """
    Start a game, connected to C{game}.

    @raise NoSpace: when the disk is full.
    @raise SpawnFailed: when the kernel refuses otherwise.
    """
    owner = None if launch.account is None else (launch.account.uid, launch.account.gid)
    opened: list[int] = []
    try:
        files.clear()
        makePipe(files.messages, None)
        makePipe(files.stdin, owner)
        makePipe(files.stdout, owner)
        for path in (files.stdin, files.stdout, files.messages):
            opened.append(openForChild(path))
        stdin, stdout, messages = opened
        game.open()
        reactor.spawnProcess(
            game,
            "/usr/bin/setsid",
            chain(launch, files.record, openFiles),
            env=dict(launch.environment),
            childFDs={0: stdin, 1: stdout, 2: stdout, messageDescriptor: messages},
        )
    except OSError as error:
        game.release()
        if lack := shortage(error):
            raise lack from error
        # No room for another process now; all else is for a person to mend.
        passes = error.errno in (errno.EAGAIN, errno.ENOMEM)
        raise SpawnFailed(
            f"The server could not be started: {error.strerror}.",
            retryAfter=retrySeconds if passes else None,
        ) from error
    finally:
        for descriptor in opened:
            os.close(descriptor)


@implementer(IProcessTransport, IReadDescriptor)
class AdoptedProcess:
    """
    A process that an earlier daemon spawned.

    It is no child of ours, so there is no SIGCHLD for it: a pidfd becomes
    readable when it ends, and means this process for ever, see C{pidfd_open(2)}.
    """

    def __init__(
        self,
        reactor: IReactorFDSet,
        identity: Identity,
        protocol: IProcessProtocol,
        identify: Callable[[int], Identity | None] = identify,
        openProcess: Callable[[int], int] = os.pidfd_open,
        signalProcess: Callable[[int, int], None] = signal.pidfd_send_signal,
    ) -> None:
        """
        @raise ProcessLookupError: when that process has ended.
        """
        self._reactor = reactor
        self._protocol = protocol
        self.pid: int | None = identity.pid
        self._signalProcess = signalProcess
        self._descriptor = openProcess(identity.pid)
        # Only now the number can't pass to another process unnoticed.
        if identify(identity.pid) != identity:
            os.close(self._descriptor)
            raise ProcessLookupError(identity.pid)
        protocol.makeConnection(self)
        reactor.addReader(self)

    def fileno(self) -> int:
        """See L{IReadDescriptor}; -1 once closed."""
        return self._descriptor

    def logPrefix(self) -> str:
        """See L{twisted.internet.interfaces.ILoggingContext}."""
        return "adopted"

    def doRead(self) -> None:
        """The process has ended."""
        self.close()
        self.pid = None
        reason = Failure(ProcessLookupError("its exit code is not ours to know"))
        self._protocol.processExited(reason)
        self._protocol.processEnded(reason)

    def connectionLost(self, reason: Failure) -> None:
        """The reactor stops."""
        self.close()

    def close(self) -> None:
        """Stop watching; harmless when done already."""
        if self._descriptor != -1:
            self._reactor.removeReader(self)
            os.close(self._descriptor)
            self._descriptor = -1

    def signalProcess(self, signalID: str | int) -> None:
        """See L{IProcessTransport}."""
        if self._descriptor == -1:
            raise ProcessExitedAlready()
        number = signal.Signals[f"SIG{signalID}"] if isinstance(signalID, str) else signalID
        try:
            self._signalProcess(self._descriptor, number)
        except ProcessLookupError:
            raise ProcessExitedAlready() from None

    def closeStdin(self) -> None:
        """See L{IProcessTransport}; the pipes are not this transport's."""

    def closeStdout(self) -> None:
        """See L{IProcessTransport}; the pipes are not this transport's."""

    def closeStderr(self) -> None:
        """See L{IProcessTransport}; the pipes are not this transport's."""

    def closeChildFD(self, descriptor: int) -> None:
        """See L{IProcessTransport}; the pipes are not this transport's."""

    def write(self, data: bytes) -> None:
        """See L{IProcessTransport}; commands go through L{GameProcess.command}."""
        raise NotImplementedError()

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """See L{IProcessTransport}; commands go through L{GameProcess.command}."""
        raise NotImplementedError()

    def getPeer(self) -> IAddress:
        """See L{IProcessTransport}; the other end is a process."""
        raise NotImplementedError()

    def getHost(self) -> IAddress:
        """See L{IProcessTransport}; the other end is a process."""
        raise NotImplementedError()

    def writeToChild(self, childFD: int, data: bytes) -> None:
        """See L{IProcessTransport}; commands go through L{GameProcess.command}."""
        raise NotImplementedError()

    def loseConnection(self) -> None:
        """See L{IProcessTransport}; the pipes are not this transport's."""
