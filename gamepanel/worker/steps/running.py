"""
Runs the programs that install something. The worker itself may run none, see
L{gamepanel.worker.confining.confine}: a process beside it does that, and puts before each what
isolates it.
"""

import errno
import os
import re
import select
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import RawIOBase
from typing import Final, Protocol

import msgspec
from attrs import frozen
from msgspec import Struct

from gamepanel.jobs.report import Failed
from gamepanel.process.launch import inDirectory, proxies
from gamepanel.process.sandbox import scriptDirectory, scriptHome, scriptTemporary
from gamepanel.wire.causes import because

maxLine: Final = 4_096
"""Bytes of a line that is heard."""

maxOrderBytes: Final = 1024 * 1024

_headBytes: Final = 4

_maxEnded: Final = 256

_lastReads: Final = 256
"""What is in a pipe when a program has ended, in pieces; there may be others that still write."""


_passed: Final = (
    "LANG",
    "TZ",
    "GAMEPANEL_JOB",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
)
"""What a program gets of our environment."""

_TEMPORARY: Final = re.compile(r"\.tmp-\w+", re.ASCII)


def environmentOf(path: str, directory: str) -> dict[str, str]:
    """
    The environment of programs.

    @param path: their PATH.
    @param directory: where they work, and their HOME.
    """
    return {**_ours(_passed), "PATH": path, "HOME": directory, "PWD": directory}


def scriptEnvironment(path: str) -> dict[str, str]:
    """
    The same of scripts, without what a type says.

    @param path: their PATH.
    """
    places = {"HOME": scriptHome, "PWD": scriptDirectory, "TMPDIR": scriptTemporary}
    return {**_ours((*_passed, *proxies)), "PATH": path, **places}


def _ours(names: Sequence[str]) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}


@frozen
class Surroundings:
    """
    What all programs of a job have in common, whatever is ordered. Which of them are run with which
    arguments is not bounded: nearly all run what lies in the server's directory, where whoever
    orders them may put anything.

    @ivar prefix: what comes before the arguments of each; raises OSError where it must not be run.
    @ivar directory: absolute path of the directory that they start in.
    @ivar environment: theirs.
    @ivar staging: absolute path of the directory that their temporary files are in.
    @ivar script: the same for scripts, which see other directories; None where none may be run.
    """

    prefix: Callable[[], Sequence[str]]
    directory: str
    environment: Mapping[str, str]
    staging: str
    script: "Surroundings | None" = None

    def environmentFor(self, order: "Order") -> dict[str, str]:
        """All of the environment of a program."""
        if not order.temporary:
            return dict(self.environment)
        return {**self.environment, "TMPDIR": os.path.join(self.staging, order.temporary)}


class Order(Struct, forbid_unknown_fields=True):
    """
    A program that is to be run.

    @ivar command: absolute path of the program, and arguments.
    @ivar patience: seconds that it may take.
    @ivar temporary: name of a directory for temporary files; empty where it has a C{/tmp}.
    @ivar isScript: whether it is run in the surroundings of scripts.
    """

    command: list[str]
    patience: float
    temporary: str = ""
    isScript: bool = False

    def __post_init__(self) -> None:
        if self.temporary and not _TEMPORARY.fullmatch(self.temporary):
            raise ValueError("that is no directory for temporary files")


class Ended(Struct):
    """
    How it has ended.

    @ivar code: its exit code; negative: the signal that has ended it.
    @ivar isLate: whether it was ended since it took too long.
    @ivar errno: why it could not be started.
    """

    code: int = 0
    isLate: bool = False
    errno: int | None = None


class Programs(Protocol):
    """
    Runs programs.

    @ivar areIsolated: whether each has a sandbox.
    """

    @property
    def areIsolated(self) -> bool:
        """Whether each has a sandbox, with a small C{/tmp} of its own."""

    def run(self, order: Order, heard: Callable[[bytes], None] | None = None) -> Ended:
        """
        Run a program to its end. What it has left behind in its process group is ended, too.

        @param heard: told what it prints, line by line; None: that goes where ours does.

        @raise OSError: when it can't be started.
        @raise Failed: when there is nobody any more to run it.
        """


class NoPrograms:
    """
    Runs none: for a job whose steps need none, so that nobody who has taken over its worker has any
    run.
    """

    areIsolated = False

    def run(self, order: Order, heard: Callable[[bytes], None] | None = None) -> Ended:
        """@raise Failed: always."""
        raise Failed(because("runs_no_programs"))


class ProgramsOfOther:
    """
    Runs programs through the process that L{beginRunning} has begun.
    """

    def __init__(self, connection: socket.socket, areIsolated: bool) -> None:
        self.areIsolated = areIsolated
        self._connection = connection

    def run(self, order: Order, heard: Callable[[bytes], None] | None = None) -> Ended:
        """
        Run a program in that process, as L{Programs.run} says. One that is under way when the job
        is cancelled ends before anything is undone.
        """
        try:
            if heard is None:
                self._order(order, ())
                ended = self._ended()
            else:
                read, write = os.pipe()
                with open(read, "rb", buffering=0) as output:
                    try:
                        self._order(order, (write,))
                    finally:
                        os.close(write)
                    self._hear(output, heard)
                    ended = self._ended()
        except BaseException:
            # Somebody has asked for the end of the job: the program is gone before anything is
            # undone, and none is run after it.
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_WR)
                self._connection.recv(1)
            raise
        if ended.errno is not None:
            raise OSError(ended.errno, os.strerror(ended.errno))
        return ended

    def _order(self, order: Order, descriptors: Sequence[int]) -> None:
        data = msgspec.json.encode(order)
        try:
            # The descriptor goes with the first bytes.
            head = len(data).to_bytes(_headBytes)
            socket.send_fds(self._connection, [head], descriptors)
            self._connection.sendall(data)
        except OSError as error:
            raise Failed(because("runner_ended")) from error

    def _hear(self, output: RawIOBase, heard: Callable[[bytes], None]) -> None:
        """Until the program has ended, even if something that it has left behind holds the pipe."""
        os.set_blocking(output.fileno(), False)
        rest, isOver, told = b"", False, self._connection.fileno()
        while not isOver:
            ready, _, _ = select.select([output.fileno(), told], [], [])
            isOver = told in ready
            for _ in range(_lastReads if isOver else 1):
                data = output.read(maxLine)
                if not data:
                    isOver = isOver or data is not None
                    break
                *lines, rest = _lines(rest + data)
                for line in lines:
                    heard(line)
        if rest:
            heard(rest)

    def _ended(self) -> Ended:
        found = self._connection.recv(_maxEnded)
        if not found:
            raise Failed(because("runner_ended"))
        return msgspec.json.decode(found, type=Ended)


def _lines(data: bytes) -> Iterator[bytes]:
    """Whole lines, or pieces of one that is too long; at last what is no whole line yet."""
    *lines, rest = data.split(b"\n")
    for line in (*(line + b"\n" for line in lines), rest):
        yield from (line[at : at + maxLine] for at in range(0, max(len(line), 1), maxLine))


def beginRunning(
    surroundings: Surroundings, areIsolated: bool, prepare: Callable[[], None]
) -> ProgramsOfOther:
    """
    Begin a process that runs programs; it ends when the other end is closed. There must be no
    other thread yet.

    @param areIsolated: whether each has a sandbox.
    @param prepare: called in it at first.

    @raise OSError: when there can't be one.
    """

    def run(its: socket.socket) -> None:
        # The wish to cancel the job is for the worker. It is not ignored: programs would, too.
        signal.signal(signal.SIGTERM, lambda number, frame: None)
        prepare()
        serve(its, surroundings)

    return ProgramsOfOther(beside(run)[0], areIsolated)


def beside(run: Callable[[socket.socket], None]) -> tuple[socket.socket, int]:
    """
    Begin a process beside this one that stays who we are now. There must be no other thread yet.

    @param run: called in it with its end of a connection; it ends with this.

    @return: our end, and its number.

    @raise OSError: when there can't be one.
    """
    ours, its = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        code = 1
        try:
            run(its)
            code = 0
        finally:
            # Nothing of what the worker would do at its end.
            os._exit(code)
    its.close()
    return ours, pid


def serve(connection: socket.socket, surroundings: Surroundings) -> None:
    """Run what is ordered, one after the other, until the other end is closed."""
    with connection, suppress(OSError):
        while (found := _receive(connection)) is not None:
            order, output = found
            given = surroundings.script if order.isScript else surroundings
            try:
                if given is None:
                    ended = Ended(errno=errno.EPERM)
                else:
                    ended = _run(connection, given, order, output)
            finally:
                if output is not None:
                    os.close(output)
            connection.sendall(msgspec.json.encode(ended))


def _receive(connection: socket.socket) -> tuple[Order, int | None] | None:
    head, descriptors, _, _ = socket.recv_fds(connection, _headBytes, 1)
    size = int.from_bytes(head)
    if len(head) < _headBytes or size > maxOrderBytes:
        return None
    data = connection.recv(size, socket.MSG_WAITALL)
    output = descriptors[0] if descriptors else None
    return msgspec.json.decode(data, type=Order), output


def _run(
    connection: socket.socket, surroundings: Surroundings, order: Order, output: int | None
) -> Ended:
    command, directory = order.command, surroundings.directory
    environment = surroundings.environmentFor(order)
    try:
        if prefix := surroundings.prefix():
            # Only behind it the rights are those of the program.
            command = [*prefix, *inDirectory(command, directory, environment), *command]
            directory, environment = "/", {}
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Of its own, and in our session, by which the job's processes are known.
            process_group=0,
        )
    except OSError as error:
        return Ended(errno=error.errno or 0)
    isLate = _wait(process.pid, connection, order.patience)
    # As long as nobody has asked how it ended, its number is nobody else's.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return Ended(process.wait(), isLate)


def _wait(pid: int, connection: socket.socket, patience: float) -> bool:
    """
    Wait for the end of a program, or of the patience, or until there is nobody who waits for it.

    @return: whether it has taken too long.
    """
    descriptor = os.pidfd_open(pid)
    try:
        return not select.select([descriptor, connection.fileno()], [], [], patience)[0]
    finally:
        os.close(descriptor)
