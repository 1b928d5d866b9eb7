"""
Datagrams and streams for the protocols that we speak ourselves.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

maxQueued: Final = 64
"""So many datagrams wait to be looked at; what comes beyond is lost, as datagrams are."""


class _Queueing(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes | Exception] = asyncio.Queue(maxQueued)

    def _put(self, what: bytes | Exception) -> None:
        if not self.came.full():
            self.came.put_nowait(what)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._put(data)

    def error_received(self, exc: Exception) -> None:
        self._put(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self._put(exc or ConnectionAbortedError("too much came"))


class Datagrams:
    """
    A socket that hears only whom it talks to.
    """

    def __init__(self, transport: asyncio.DatagramTransport, protocol: _Queueing) -> None:
        self._transport = transport
        self._protocol = protocol

    def send(self, data: bytes) -> None:
        """Send a datagram."""
        self._transport.sendto(data)

    async def receive(self) -> bytes:
        """
        The next datagram.

        @raise OSError: when nobody listens there, say.
        """
        came = await self._protocol.came.get()
        if isinstance(came, Exception):
            raise came
        return came


@asynccontextmanager
async def datagrams(host: str, port: int) -> AsyncIterator[Datagrams]:
    """A socket for datagrams to and from one address."""
    loop = asyncio.get_running_loop()
    made = await loop.create_datagram_endpoint(_Queueing, remote_addr=(host, port))
    transport, protocol = made
    try:
        yield Datagrams(transport, protocol)
    finally:
        transport.abort()


@asynccontextmanager
async def stream(
    host: str, port: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection, which is cut at the end."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
