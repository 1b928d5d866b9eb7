"""
An event loop on which no game can say more than a little: whatever library asks.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, cast

from attrs import define, frozen

KiB: Final = 1024

maxDatagramBytes: Final = 16 * KiB
"""A longer datagram is no answer of a game: the longest that are known have 4 KiB."""

maxBytes: Final = 48 * KiB
"""So much may come over one socket."""


@frozen
class Bounds:
    """
    What may come over the sockets of a question.

    @ivar most: bytes in all.
    @ivar fits: whether a datagram may be looked at by the one who asks.
    @ivar isWhole: for streams: whether so much is what was waited for; nobody sees a part of
        it. None: whatever comes is shown at once.
    """

    most: int = maxBytes
    fits: Callable[[bytes], bool] = lambda data: True
    isWhole: Callable[[bytes], bool] | None = None


bounds: ContextVar[Bounds] = ContextVar("bounds", default=Bounds())  # noqa: B039 (it is frozen)
"""Of the question that is being asked."""


@define(eq=False, repr=False)
class Bounded(asyncio.BaseProtocol):
    """
    Stands before the protocol of a socket and lets through what is within bounds. What is not
    ends the connection.
    """

    inner: Any
    _bounds: Bounds
    _transport: asyncio.BaseTransport | None = None
    _came: int = 0
    _held: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See C{asyncio.BaseProtocol}; the others likewise."""
        self._transport = transport
        self.inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.inner.connection_lost(exc)

    def _isTooMuch(self, data: bytes) -> bool:
        self._came += len(data)
        if self._came <= self._bounds.most:
            return False
        self._abort()
        return True

    def _abort(self) -> None:
        if self._transport is not None:
            cast(asyncio.Transport, self._transport).abort()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Passes on a packet of ordinary size; others are dropped."""
        isLong = len(data) > maxDatagramBytes
        if not self._isTooMuch(data) and not isLong and self._bounds.fits(data):
            self.inner.datagram_received(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Passes on that a packet was refused."""
        self.inner.error_received(exc)

    def data_received(self, data: bytes) -> None:
        """Passes on what comes: at once, or whole answers where their lengths are known."""
        if self._isTooMuch(data):
            return
        if self._bounds.isWhole is None:
            self.inner.data_received(data)
            return
        self._held += data
        try:
            isWhole = self._bounds.isWhole(self._held)
        except ValueError:
            self._abort()
            return
        if isWhole:
            held, self._held = self._held, b""
            self.inner.data_received(held)

    def eof_received(self) -> Any:
        """Passes on that the game has closed its side."""
        return self.inner.eof_received()

    def pause_writing(self) -> None:
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        self.inner.resume_writing()


class BoundedLoop(asyncio.SelectorEventLoop):
    """
    An event loop whose sockets are all within the L{bounds} of who opens them.
    """

    async def create_datagram_endpoint(self, *args: Any, **kwargs: Any) -> Any:
        factory, *others = args
        made = await super().create_datagram_endpoint(_within(factory), *others, **kwargs)
        return made[0], cast(Bounded, made[1]).inner

    async def create_connection(self, *args: Any, **kwargs: Any) -> Any:
        factory, *others = args
        made = await super().create_connection(_within(factory), *others, **kwargs)
        return made[0], cast(Bounded, made[1]).inner


def _within(factory: Callable[[], Any]) -> Callable[[], Any]:
    current = bounds.get()
    return lambda: Bounded(factory(), current)
