"""
The process that touches a server's files for a backup or a restore: forked by the worker, it
confines itself to the directory, becomes the server's user, and is connected to the worker, who
alone reads and writes the store, by pipes.
"""

import codecs
import fcntl
import os
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, Final

import msgspec
from attrs import define
from msgspec import Struct

from gamepanel.backups.index import DamagedBackup
from gamepanel.base.errors import PanelError
from gamepanel.disk.pathtext import restored
from gamepanel.jobs.report import Failed
from gamepanel.process import landlock
from gamepanel.process.home import prepare
from gamepanel.process.launch import Account
from gamepanel.process.yielding import yielding
from gamepanel.wire.causes import Cause, because
from gamepanel.wire.decoding import undecodable
from gamepanel.worker.privileges import become

pipeBytes: Final = 1024 * 1024

directBytes: Final = 64 * 1024
"""So much is sent at once: to gather it with more would cost another copy."""

maxFrame: Final = pipeBytes + directBytes
maxResult: Final = 256 * 1024

_frame: Final = struct.Struct("=BI")


class Place(Struct, frozen=True):
    """
    A server's files.

    @ivar directory: absolute path of the server's directory in the state directory.
    @ivar home: absolute path of the directory in it that belongs to the game.
    @ivar account: numbers of the game's user and group; None where that is the daemon's.
    @ivar state: absolute path of the state directory.
    """

    directory: str
    home: str
    account: tuple[int, int] | None = None
    state: str = ""

    @classmethod
    def of(cls, given: Any) -> "Place":
        """The place that a task names."""
        return msgspec.convert(restored(given), cls)

    def prepare(self) -> None:
        """
        Let the game's user get to its directory, as before a start.

        @raise Failed: when the directory can't be used.
        """
        account = None if self.account is None else Account(*self.account, None)
        try:
            prepare(self.directory, account)
        except PanelError as error:
            raise Failed(error.cause or because(error.code)) from error

    def enter(self, readable: Sequence[str], writable: Sequence[str]) -> bool:
        """
        From here on touch these directories only, as the game's user.

        @return: whether nothing can be touched that only the daemon's user may, whatever symlink a
            game puts there; not so on a kernel without Landlock where both are one.

        @raise OSError: when the process can't be confined, or can't become that user.
        """
        isConfined = landlock.lack() is None
        if isConfined:
            landlock.confine(readable, writable, self.state)
        become(self.account)
        return isConfined or self.account is not None


def yieldToGames() -> None:
    """Begin anew with low priority, unless that has been done."""
    if os.getpriority(os.PRIO_PROCESS, 0) < 19:
        command = (*yielding, sys.executable, "-m", "gamepanel.worker", ".")
        os.execv(command[0], command)  # noqa: S606
    if "GAMEPANEL_JOB" in os.environ:
        # Where the kernel shares processors out by session, nice counts only inside of one, and
        # that of a job would be as good as a game's.
        with suppress(OSError), open("/proc/self/autogroup", "w") as file:
            file.write("19")


class Frames:
    """
    Two streams through one pipe, for the process that writes them.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffers = (bytearray(), bytearray())

    def write(self, stream: int, data: bytes) -> None:
        """
        @param stream: 0 or 1.
        """
        buffer = self._buffers[stream]
        if len(data) >= directBytes:
            self._send(stream, buffer)
            for start in range(0, len(data), pipeBytes):
                self._send(stream, memoryview(data)[start : start + pipeBytes])
            return
        buffer += data
        if len(buffer) >= pipeBytes:
            self._send(stream, buffer)

    def _send(self, stream: int, data: bytearray | memoryview) -> None:
        if data:
            _writeAll(self._descriptor, _frame.pack(stream, len(data)))
            _writeAll(self._descriptor, data)
        self._buffers[stream].clear()

    def flush(self) -> None:
        """Send what is left."""
        for stream, buffer in enumerate(self._buffers):
            self._send(stream, buffer)


def _writeAll(descriptor: int, data: bytes | bytearray | memoryview) -> None:
    with memoryview(data) as view:
        written = 0
        while written < len(view):
            written += os.write(descriptor, view[written:])


def frames(file: IO[bytes]) -> Iterator[tuple[int, memoryview]]:
    """
    What comes through a pipe that another process writes to by L{Frames}: number of the stream, and
    data, good until the next.

    @raise Failed: when it was not written so.
    """
    reading: Any = file
    data = memoryview(bytearray(maxFrame))
    while head := file.read(_frame.size):
        if len(head) < _frame.size:
            raise Failed(because("copier_failed"))
        stream, size = _frame.unpack(head)
        if stream > 1 or size > maxFrame:
            raise Failed(because("copier_failed"))
        yield stream, data[: reading.readinto(data[:size])]


class _Ended(Struct, frozen=True):
    """What a copier says at its end."""

    result: dict[str, Any] = {}
    cause: Cause | None = None
    damage: str | None = None


@define
class Copier:
    """
    The process that touches the server's files, as the worker sees it.

    @ivar pipe: the worker's end of the pipe to or from that process.
    """

    pipe: IO[bytes]
    _pid: int
    _result: IO[bytes]

    def finish(self) -> dict[str, Any]:
        """
        Wait for the end of the process.

        @return: its result.

        @raise Failed: when the process has failed.
        @raise DamagedBackup: when the process says that the backup is damaged.
        """
        with suppress(BrokenPipeError):
            self.pipe.close()
        data = self._result.read(maxResult)
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        try:
            ended = msgspec.json.decode(data, type=_Ended)
        except undecodable as error:
            raise Failed(because("copier_failed")) from error
        if ended.cause is not None:
            raise Failed(ended.cause)
        if ended.damage is not None:
            raise DamagedBackup(ended.damage)
        if status:
            raise Failed(because("copier_failed"))
        return ended.result

    def end(self) -> None:
        """Kill the process, if it has not ended."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0
        with suppress(BrokenPipeError):
            self.pipe.close()


@contextmanager
def copier(work: Callable[[int], Mapping[str, Any]], isReader: bool) -> Iterator[Copier]:
    """
    Fork a process, which is gone at the end. There are no threads yet.

    @param work: what the process does, given its end of the pipe; returns its result.
    @param isReader: whether the process writes to the pipe what it has read.
    """
    for codec in ("ascii", "latin-1", "utf-8"):
        codecs.lookup(codec)
    (reading, writing), (results, result) = os.pipe(), os.pipe()
    with suppress(OSError):
        # An ordinary user has few that are so large.
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, pipeBytes)
    ours, theirs = (reading, writing) if isReader else (writing, reading)
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        _be(work, theirs, result, (ours, results))
    os.close(theirs)
    os.close(result)
    mode, buffered = ("rb", directBytes) if isReader else ("wb", pipeBytes)
    with open(results, "rb") as told:
        process = Copier(os.fdopen(ours, mode, buffered), pid, told)
        try:
            yield process
        finally:
            process.end()


def _be(
    work: Callable[[int], Mapping[str, Any]], pipe: int, result: int, others: tuple[int, int]
) -> None:
    """Do the work of a copier, in the process that was forked, and end it: no return."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for other in others:
            os.close(other)
        _writeAll(result, msgspec.json.encode(_endOf(work, pipe)))
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
        os._exit(code)


def _endOf(work: Callable[[int], Mapping[str, Any]], pipe: int) -> _Ended:
    try:
        return _Ended(dict(work(pipe)))
    except Failed as error:
        return _Ended(cause=error.cause)
    except DamagedBackup as error:
        return _Ended(damage=str(error))
    except OSError as error:
        own = str(error) if error.errno is None else type(error).__name__
        return _Ended(cause=because("system_error", error=error.strerror or own))
