"""
A body that is not read before its request is answered: who answers takes it piece by piece, and
where they are slower than the client, the socket is not read (backpressure).
"""

from collections.abc import Callable
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from gamepanel.base.errors import PanelError, RequestTimeout

plainBytes: Final = 64 * 1024
"""A body of JSON that is larger is handed over in this way, too: it wants a good token before."""

waitingBytes: Final = 256 * 1024
"""With so much that nobody has taken yet, no more is read."""

stallBytes: Final = 64 * 1024
stallSeconds: Final = 30.0
"""A body of which less than this comes in this time is given up, if it may be slow at all."""


class LargeBody:
    """
    @ivar length: of all, in bytes.
    @ivar left: number of bytes that have not come yet.
    """

    def __init__(
        self,
        clock: IReactorTime,
        length: int,
        proceed: Callable[[], object],
        flow: Callable[[], object],
        seconds: float | None = None,
    ) -> None:
        """
        @param proceed: called before the first piece is waited for: sends C{100 Continue}.
        @param flow: called when L{isWanted} may be another.
        @param seconds: timeout of the whole; None for a slow one, see L{stallSeconds}.
        """
        self.length = self.left = length
        self._clock = clock
        self._proceed: Callable[[], object] | None = proceed
        self._flow = flow
        self._pieces: list[bytes] = []
        self._size = 0
        self._come = 0
        self._error: PanelError | None = None
        self._isSlow = seconds is None
        # Seconds that may yet be waited until stallBytes have come, or all.
        self._patience, self._since = stallSeconds if seconds is None else seconds, 0.0
        self._waiting: Deferred[None] | None = None

    @property
    def isWanted(self) -> bool:
        """Whether the socket is to be read for it."""
        return bool(self.left) and self._size < waitingBytes

    def feed(self, data: bytes) -> bytes:
        """
        Some bytes have come.

        @return: those behind the body.
        """
        mine, rest = data[: self.left], data[self.left :]
        if mine:
            self.left -= len(mine)
            self._size += len(mine)
            self._come += len(mine)
            self._pieces.append(mine)
            if self._come >= stallBytes and self._isSlow:
                self._come, self._patience = 0, stallSeconds
                self._since = self._clock.seconds()
            self._wake()
        return rest

    def fail(self, error: PanelError) -> None:
        """Nothing more is to come of it; what waits for it fails with this."""
        if self._error is None:
            self._error = error
            self._wake()

    async def read(self) -> list[bytes]:
        """
        What has come since the last call, at least one byte; nothing at the end of the body.

        @raise RequestTimeout: when too little comes, or the client has left.
        @raise PanelError: when it was given up for another reason.
        """
        if self._proceed is not None:
            if self.left:
                self._proceed()
            self._proceed = None
        if not self._pieces and self._error is None and self.left:
            await self._wait()
        if self._error is not None:
            raise self._error
        pieces, self._pieces, self._size = self._pieces, [], 0
        self._flow()
        return pieces

    async def whole(self) -> bytes:
        """
        All of it; raises what L{read} does.
        """
        found = bytearray()
        while pieces := await self.read():
            found += b"".join(pieces)
        return bytes(found)

    async def _wait(self) -> None:
        self._since = self._clock.seconds()
        # Others may have kept the reactor beyond it.
        timer = self._clock.callLater(max(self._patience, 0), self.fail, RequestTimeout())
        self._waiting = Deferred()
        await self._waiting
        self._waiting = None
        # The time that the disk takes is not the client's.
        self._patience -= self._clock.seconds() - self._since
        if timer.active():
            timer.cancel()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.called:
            self._waiting.callback(None)
