"""
How a process ended, and the files of a run: its pipes, which the reactor watches, and the record of
its exit code.
"""

import os
import signal

from msgspec import Struct
from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from gamepanel.wire.causes import Cause, MiB, because


def _signalName(code: int) -> str | None:
    """The signal that a shell's exit code tells of, without SIG."""
    try:
        return signal.Signals(code - 128).name.removeprefix("SIG") if code > 128 else None
    except ValueError:
        return None


class Exit(Struct, frozen=True):
    """
    How a server's process ended.

    @ivar code: what a shell would report, 128 + n for an end by signal n; None when nobody saw it.
    @ivar memoryLimit: in MiB, where the kernel ended it since it had used more.
    """

    code: int | None
    memoryLimit: int | None = None

    @property
    def signal(self) -> str | None:
        """
        Name of the signal that ended it, without SIG. A shell can't tell that
        from a program that exits with such a code, nor can we.
        """
        return None if self.code is None else _signalName(self.code)

    @property
    def cause(self) -> Cause:
        """The same for people."""
        if self.memoryLimit is not None:
            return because("out_of_memory", limit=self.memoryLimit * MiB)
        if self.code is None:
            return because("exit_unknown")
        if self.signal:
            return because("exit_signal", signal=self.signal)
        return because("exit_code", code=self.code)

    def __str__(self) -> str:
        return str(self.cause)


class RunFiles(Struct, frozen=True):
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
        # Daemons of other releases know it by this name.
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
            code = numberBehind("exit.", name)
            if code is not None:
                # A rename does not touch the file's content, so it is the
                # time of the change that tells.
                return Exit(code), os.stat(os.path.join(self.directory, name)).st_ctime
        return None


def numberBehind(prefix: str, name: str) -> int | None:
    """
    The number that is all that follows a prefix in the name of a file; None when that is something
    else, or longer than what 64 bits always hold.
    """
    digits = name.removeprefix(prefix)
    # A game may give files the names that it likes, and Unicode has digits that int() refuses.
    isNumber = digits.isascii() and digits.isdigit() and len(digits) < 19
    return int(digits) if name.startswith(prefix) and isNumber else None


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
