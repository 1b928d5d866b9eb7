"""
Brings the lines of a file into the log of a game that writes them there instead of printing them.
The file is the game's: it is opened and read in a thread, and how far is written down.
"""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final
from zlib import crc32

import msgspec
from msgspec import Struct
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import Busy
from gamepanel.base.threads import InThread
from gamepanel.base.timer import Timer
from gamepanel.disk.confined import entry
from gamepanel.disk.replacing import replaceFile
from gamepanel.servers.serverlog import ServerLog
from gamepanel.wire.decoding import undecodable

chunkBytes: Final = 64 * 1024
"""So much is read at once, unless a line is longer."""

maxLineBytes: Final = 1024 * 1024 - 8192
"""A line that is longer is cut into several."""

tailBytes: Final = 64
"""So many bytes before the place where reading goes on are remembered."""


class Place(Struct, frozen=True):
    """
    Where reading goes on.

    @ivar file: device and number of the file; None as long as there was none.
    @ivar offset: in bytes.
    @ivar tail: what stands right before it, so that it is seen when the file was written anew.
    @ivar isFresh: whether nothing was read in this run yet.
    """

    file: tuple[int, int] | None = None
    offset: int = 0
    tail: bytes = b""
    isFresh: bool = True


class Step(Struct, frozen=True):
    """
    Lines that are being written into the log. The next daemon sees by the check sum whether they
    were.

    @ivar index: that they have there.
    @ivar size: in bytes.
    @ivar sum: their CRC-32.
    @ivar before: where reading goes on if they are not there.
    @ivar after: where it goes on if they are.
    """

    index: int
    size: int
    sum: int
    before: Place
    after: Place

    def place(self, read: Callable[[int, int], tuple[int, bytes]]) -> Place:
        """
        Where reading goes on.

        @param read: reads the log: from an index on so many bytes at most.
        """
        start, data = read(self.index, self.size)
        isGone = start > self.index
        return self.after if isGone or crc32(data) == self.sum else self.before


class Look(Struct, frozen=True):
    """
    What was found.

    @ivar data: whole lines; empty when there are none.
    @ivar place: where reading goes on behind them.
    @ivar note: what is to be said of it before them; empty when nothing is.
    """

    data: bytes
    place: Place
    note: str = ""


def save(directory: str, step: Step) -> None:
    """
    Remember what is being written.

    @param directory: the server's own.

    @raise OSError: when it can't be.
    """
    path = os.path.join(directory, "followed")
    replaceFile(path, msgspec.json.encode(step), isSynced=False)


def load(directory: str) -> Step:
    """What was remembered; the beginning where nothing was."""
    try:
        with open(os.path.join(directory, "followed"), "rb") as file:
            return msgspec.json.decode(file.read(), type=Step)
    except (OSError, *undecodable):
        return Step(0, 0, 0, Place(), Place())


def beginAtEnd(directory: str, home: str, path: str) -> None:
    """
    Remember where a file ends, before the run that will write into it.

    @raise OSError: when that can't be remembered.
    """
    place = Place()
    with suppress(OSError):
        descriptor = _open(home, path)
        try:
            status = os.fstat(descriptor)
            tail = os.pread(descriptor, tailBytes, max(status.st_size - tailBytes, 0))
            place = Place((status.st_dev, status.st_ino), status.st_size, tail)
        finally:
            os.close(descriptor)
    save(directory, Step(0, 0, 0, place, place))


def _open(home: str, path: str) -> int:
    # Without O_NONBLOCK a pipe of that name would hold us up.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with entry(home, path) as (parent, name):
        descriptor = os.open(name, flags, dir_fd=parent)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no plain file of its own")
    return descriptor


class FollowedFile:
    """
    One such file, and those that took its place. One look at a time.
    """

    def __init__(self, home: str, path: str) -> None:
        """
        @param home: the server's directory.
        @param path: relative to it.
        """
        self._home = home
        self._path = path
        self._descriptor = -1
        self._isLeft = False

    def look(self, place: Place) -> Look:
        """
        Read some lines.

        @param place: where to go on.
        """
        try:
            if self._descriptor == -1:
                self._descriptor = _open(self._home, self._path)
            return self._read(self._descriptor, place)
        except OSError:
            # Not there, or none that may be read: perhaps later.
            self.close()
            return Look(b"", place)

    def _read(self, descriptor: int, place: Place) -> Look:
        status, note = os.fstat(descriptor), ""
        file = (status.st_dev, status.st_ino)
        if file != place.file:
            place = Place(file, isFresh=False)
        elif not self._isAsItWas(descriptor, status.st_size, place):
            if not place.isFresh:
                note = f"{self._path} was cut off: what was not read of it before is lost."
            place = Place(file, isFresh=False)
        data = os.pread(descriptor, chunkBytes, place.offset)
        if len(data) == chunkBytes and b"\n" not in data:
            data = os.pread(descriptor, maxLineBytes, place.offset)
        lines = data[: data.rfind(b"\n") + 1]
        whole = lines or (data if len(data) == maxLineBytes else b"")
        if whole:
            self._isLeft = False
            return Look(whole, _behind(place, whole), note)
        if not self._isReplaced(file):
            return Look(b"", place, note)
        # Whoever had it open may still write the last of it: so there is another look.
        if not self._isLeft:
            self._isLeft = True
            return Look(b"", place, note)
        self.close()
        end = Place(None, isFresh=False)
        return Look(data + b"\n" if data else b"", end, note)

    def _isAsItWas(self, descriptor: int, size: int, place: Place) -> bool:
        if size < place.offset:
            return False
        start = place.offset - len(place.tail)
        return start < 0 or os.pread(descriptor, len(place.tail), start) == place.tail

    def _isReplaced(self, file: tuple[int, int]) -> bool:
        with entry(self._home, self._path) as (parent, name):
            try:
                status = os.stat(name, dir_fd=parent, follow_symlinks=False)
            except FileNotFoundError:
                return True
        return (status.st_dev, status.st_ino) != file

    def close(self) -> None:
        """Let go of it."""
        self._isLeft = False
        if self._descriptor != -1:
            os.close(self._descriptor)
            self._descriptor = -1


def _behind(place: Place, data: bytes) -> Place:
    tail = (place.tail + data)[-tailBytes:]
    return Place(place.file, place.offset + len(data), tail, False)


lookSeconds: Final = 0.25
"""How long until the next look, as long as the file grows."""

restSeconds: Final = 1.0
"""How long where it does not."""

lastSeconds: Final = 0.5
"""At the end of a run what is left is read for no longer than this."""


class Follower:
    """
    Follows one file, from the beginning of a run or its adoption on.
    """

    def __init__(
        self,
        clock: IReactorTime,
        inThread: InThread,
        log: ServerLog,
        directory: str,
        file: FollowedFile,
    ) -> None:
        """
        @param inThread: where it is waited for the file.
        @param directory: the server's own.
        """
        self._inThread = inThread
        self._serverLog = log
        self._directory = directory
        self._file = file
        self._place: Place | None = None
        self._timer, self._limit = Timer(clock), Timer(clock)
        self._isLooking = self._isClosed = False
        self._finished: Deferred[None] | None = None
        self._log = Logger()

    def begin(self) -> None:
        """Begin to look."""
        if not self._isLooking and not self._timer.isSet and not self._isClosed:
            self._look()

    def _look(self) -> None:
        self._timer.cancel()
        if self._place is None:
            self._place = load(self._directory).place(self._serverLog.ring.read)
        self._isLooking = True
        looking = self._inThread(self._file.look, self._place)
        looking.addCallback(self._looked).addErrback(self._broken)

    def _looked(self, look: Look) -> None:
        if self._isClosed:
            self._isLooking = False
            self._close()
            return
        if look.note:
            self._serverLog.tell(look.note)
        if look.data:
            before = partial(self._save, look.place)
            self._serverLog.inserter().say(look.data, before, partial(self._written, look.place))
        else:
            self._place = look.place
            self._again(restSeconds, isMore=False)

    def _save(self, after: Place, index: int, data: bytes) -> None:
        assert self._place is not None
        save(self._directory, Step(index, len(data), crc32(data), self._place, after))

    def _written(self, place: Place, isThere: bool) -> None:
        if isThere:
            self._place = place
        self._again(lookSeconds if isThere else restSeconds, isMore=isThere)

    def _again(self, seconds: float, isMore: bool) -> None:
        self._isLooking = False
        if self._isClosed:
            self._close()
        elif self._finished is not None:
            # Nothing is written any more: what there is comes at once.
            if isMore:
                self._timer.after(0, self._look)
            else:
                self._end()
        else:
            self._timer.after(seconds, self._look)

    def _broken(self, failure: Failure) -> None:
        if failure.check(Busy):
            self._again(restSeconds, isMore=False)
            return
        self._log.failure("a file can't be followed", failure)
        self._isLooking = False
        self._end()

    def finish(self) -> Deferred[None]:
        """
        The game has ended: read what is left.

        @return: fires when that is in the log, or it has taken too long.
        """
        if self._isClosed or self._finished is not None:
            return succeed(None)
        finished: Deferred[None] = Deferred()
        self._finished = finished
        self._limit.after(lastSeconds, self._end)
        # What waits for the end of the game's line need not wait any more.
        self._serverLog.flush()
        if not self._isLooking:
            self._look()
        return finished

    def _end(self) -> None:
        self.close()
        finished, self._finished = self._finished, None
        if finished is not None and not finished.called:
            finished.callback(None)

    def close(self) -> None:
        """Look no more."""
        self._isClosed = True
        self._timer.cancel()
        self._limit.cancel()
        if not self._isLooking:
            self._close()

    def _close(self) -> None:
        self._file.close()
