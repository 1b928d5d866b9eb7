"""
Commands through a named pipe in the game's directory.
"""

import errno
import os
import stat
from contextlib import suppress
from typing import Final

from attrs import Factory, define
from twisted.internet.defer import Deferred, execute, maybeDeferred, succeed
from twisted.python.failure import Failure

from gamepanel.base.errors import ConsoleUnavailable, NotRunning, SpawnFailed, StdinFull
from gamepanel.disk.confined import entry
from gamepanel.process.launch import Account
from gamepanel.servers.channels.channel import CommandChannel, Ends, encoded
from gamepanel.wire.causes import because

maxWaiting: Final = 32
"""So many commands wait until the pipe is open."""

_notRead: Final = because("console_not_read")


def makeFifo(home: str, path: str, owner: Account | None) -> None:
    """
    Make the pipe that a game reads commands from, before it is started. This waits for the disk:
    call it in a thread.

    @param home: the server's directory.
    @param path: relative to it.
    @param owner: whose it and directories made for it shall be, if not ours.

    @raise SpawnFailed: when something else is there.
    @raise OSError: when it can't be made.
    """
    with entry(home, path, owner, make=True) as (parent, name):
        try:
            if not stat.S_ISFIFO(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                raise SpawnFailed(because("pipe_in_the_way", path=path))
            os.unlink(name, dir_fd=parent)
        except FileNotFoundError:
            pass
        os.mkfifo(name, 0o600, dir_fd=parent)
        made = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        try:
            os.chmod(f"/proc/self/fd/{made}", 0o600)
            if owner is not None:
                os.chown(f"/proc/self/fd/{made}", owner.uid, owner.gid)
        finally:
            os.close(made)


def removeFifo(home: str, path: str) -> None:
    """
    Remove it when the game has ended; what is no pipe stays.

    @raise OSError: when it can't be removed.
    """
    with suppress(FileNotFoundError), entry(home, path) as (parent, name):
        if stat.S_ISFIFO(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=parent)


def _open(home: str, path: str) -> int:
    """
    The pipe, for writing. It is opened only while somebody reads it. This waits for the disk: call
    it in a thread.

    @raise OSError: when it can't be opened.
    """
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    with entry(home, path) as (parent, name):
        # Opening what is no pipe could wait, or do something.
        if not stat.S_ISFIFO(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise OSError(errno.EINVAL, "it is no pipe")
        descriptor = os.open(name, flags, dir_fd=parent)
    status = os.fstat(descriptor)
    if not stat.S_ISFIFO(status.st_mode) or status.st_nlink != 1:
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no pipe of its own")
    return descriptor


@define(eq=False, repr=False)
class FifoChannel(CommandChannel):
    """
    Writes each line into the pipe, which takes it whole or not at all. It is kept open, as long
    as the game reads it: a game that saw the end of it after each line might stop reading.
    """

    _ends: Ends
    _descriptor: int = -1
    # What came while the pipe is being opened; empty when it is not.
    _waiting: list[tuple[bytes, Deferred[None]]] = Factory(list)
    _isClosed: bool = False

    def send(self, line: str) -> Deferred[None]:
        return maybeDeferred(self._send, line)

    def _send(self, line: str) -> Deferred[None]:
        data = encoded(line, self._ends.wiring.encoding) + b"\n"
        if self._descriptor != -1:
            try:
                self._write(data)
            except BrokenPipeError:
                # The game has closed it, and may have opened it again.
                self._forget()
            else:
                return succeed(None)
        if len(self._waiting) >= maxWaiting:
            raise StdinFull()
        sent: Deferred[None] = Deferred()
        self._waiting.append((data, sent))
        if len(self._waiting) == 1:
            # A directory that the game is in may hang.
            opening = self._ends.inThread(_open, self._ends.home, self._ends.wiring.path)
            opening.addCallbacks(self._opened, self._notOpened)
        return sent

    def _opened(self, descriptor: int) -> None:
        if self._isClosed:
            os.close(descriptor)
            return
        self._descriptor = descriptor
        waiting, self._waiting = self._waiting, []
        # All before anybody is told, who may send the next.
        written = [(execute(self._writeOpened, data), sent) for data, sent in waiting]
        for result, sent in written:
            result.chainDeferred(sent)

    def _notOpened(self, failure: Failure) -> None:
        if failure.check(OSError):
            error = ConsoleUnavailable(_notRead)
            error.__cause__ = failure.value
            failure = Failure(error)
        self._refuse(failure)

    def _refuse(self, failure: Failure) -> None:
        waiting, self._waiting = self._waiting, []
        for _, sent in waiting:
            sent.errback(failure)

    def _writeOpened(self, data: bytes) -> None:
        try:
            self._write(data)
        except OSError as error:
            self._forget()
            raise ConsoleUnavailable(_notRead) from error

    def _write(self, data: bytes) -> None:
        try:
            os.write(self._descriptor, data)
        except BlockingIOError:
            raise StdinFull() from None

    def close(self) -> None:
        self._isClosed = True
        self._forget()
        self._refuse(Failure(NotRunning()))

    def _forget(self) -> None:
        if self._descriptor != -1:
            os.close(self._descriptor)
            self._descriptor = -1
