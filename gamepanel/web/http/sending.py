"""
Sends bytes of a file that is open, as fast as the client takes them, in constant memory.
"""

import os
import struct
import termios
from contextlib import suppress
from fcntl import ioctl
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from zope.interface import implementer

from gamepanel.base.errors import PanelError
from gamepanel.base.threads import InThread

pieceBytes: Final = 1024 * 1024
"""
Bytes that are read from the disk at once, and that the reactor gives the kernel in one turn: with
its own 128 KiB, a turn costs more than what it sends.
"""

stuckSeconds: Final = 60.0
"""A client that takes nothing for so long is dropped."""


def unsent(transport: Any) -> int:
    """
    How many bytes the kernel still has to send over a connection, or the client to acknowledge; 0
    for what is no socket.
    """
    found = bytearray(4)
    with suppress(OSError, AttributeError, ValueError):
        ioctl(transport.fileno(), termios.TIOCOUTQ, found)
    return int(struct.unpack("i", found)[0])


@implementer(IPushProducer)
class FileSender:
    """
    The answer to one request.

    @ivar isOver: whether nothing more is sent: the client has left, or is dropped.
    """

    isPatient = True
    """What a connection else drops clients after is less."""

    def __init__(self, request: Any, clock: IReactorTime, inThread: InThread) -> None:
        """
        @param request: its answer has a C{Content-Length}.
        @param inThread: runs what reads from the disk.
        """
        self._request = request
        self._clock = clock
        self._inThread = inThread
        self.isOver = False
        self._left: Deferred[None] = Deferred()
        self._resumed: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None
        self._unsent = 0

    async def send(self, descriptor: int, start: int, end: int) -> None:
        """
        Send some bytes of a file, and wait until the client has taken them. If there are fewer, or
        they can't be read, the connection is broken off.

        @param start: index of the first byte.
        @param end: that behind the last.
        """
        if self._request.channel is None:
            # The client has left already: nothing would tell of that any more.
            return
        self._request.transport.SEND_LIMIT = pieceBytes
        self._request.registerProducer(self, True)
        self._request.notifyFinish().addErrback(lambda _: self._leave())
        try:
            while start < end and not self.isOver:
                try:
                    size = min(pieceBytes, end - start)
                    data = await self._inThread(os.pread, descriptor, size, start)
                except (OSError, PanelError):
                    # The head has been sent: nothing else can say that it is not all.
                    data = b""
                if not data:
                    self.breakOff()
                if not self.isOver:
                    start += len(data)
                    self._request.write(data)
                    await self._flow()
            if self.isOver:
                # Until its connection has ended, no other request of it may be answered.
                await self._left
        finally:
            if self._request.channel is not None:
                self._request.unregisterProducer()

    def breakOff(self) -> None:
        """Close the connection at once: the client is not to believe that it has all."""
        if not self.isOver and self._request.channel is not None:
            self._request.transport.abortConnection()
            self.isOver = True
            self.resumeProducing()

    def _leave(self) -> None:
        self.isOver = True
        self._left.callback(None)
        self.resumeProducing()

    async def _flow(self) -> None:
        if self._resumed is not None:
            await self._resumed

    def pauseProducing(self) -> None:
        """See C{IPushProducer}: the client does not keep up."""
        if self._resumed is None and not self.isOver:
            self._resumed = Deferred()
            self._watch()

    def _watch(self) -> None:
        self._unsent = unsent(self._request.transport)
        self._timer = self._clock.callLater(stuckSeconds, self._look)

    def _look(self) -> None:
        self._timer = None
        if unsent(self._request.transport) == self._unsent:
            self.breakOff()
        else:
            self._watch()

    def resumeProducing(self) -> None:
        """See C{IPushProducer}: it has caught up."""
        resumed, self._resumed = self._resumed, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if resumed is not None:
            resumed.callback(None)

    def stopProducing(self) -> None:
        """See C{IPushProducer}: the client has gone."""
