"""
The daemon's ends of the pipes of a server, see L{gamepanel.console.fifo}.
"""

import os
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorFDSet, IReactorTime

from gamepanel.base.descriptor import WatchedDescriptor
from gamepanel.base.errors import StdinClosed, StdinFull
from gamepanel.console.fifo import enlarge, openPipe, readBytes
from gamepanel.console.readings import Readings
from gamepanel.console.ring import Ring, readInto, waiting

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
