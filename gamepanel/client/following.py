"""
A console, followed for as long as one likes: through lost connections and restarts of
the daemon, each byte once.
"""

from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Literal, Protocol

from attrs import frozen
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from gamepanel.client.connection import Unreachable, wait
from gamepanel.errors import AuthUnavailable, Busy, ShuttingDown, TooManyRequests
from gamepanel.wire.server import LogChunk

waitSeconds: Final = 25.0
"""How long the daemon is asked to wait for something new."""

delays: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between tries to reach a daemon that is away; the last one again and again."""


class Read(Protocol):
    """Reads some of a log, as C{server_log} does."""

    def __call__(
        self, server: str, *, readIndex: int, wait: float, encoding: Literal["utf-8", "base64"]
    ) -> Awaitable[LogChunk]: ...


@frozen
class Piece:
    """
    Some of a console.

    @ivar data: the text; with C{encoding="base64"} it is in C{raw}.
    @ivar raw: the bytes as they are, if those were asked for.
    @ivar start: index of the first byte.
    @ivar end: index after the last byte.
    @ivar lost: how many bytes before it were overrun and are gone.
    @ivar chunk: what the daemon answered.
    """

    data: str
    raw: bytes
    start: int
    end: int
    lost: int
    chunk: LogChunk


def _piece(chunk: LogChunk, expected: int) -> Piece:
    isRaw = chunk.encoding == "base64"
    return Piece(
        "" if isRaw else chunk.data,
        b64decode(chunk.data) if isRaw else b"",
        chunk.oldReadIndex,
        chunk.nextReadIndex,
        max(chunk.oldReadIndex - expected, 0),
        chunk,
    )


async def follow(
    clock: IReactorTime,
    read: Read,
    server: str,
    readIndex: int,
    encoding: Literal["utf-8", "base64"],
    away: Callable[[str | None], None] | None,
) -> AsyncIterator[Piece]:
    """
    See L{gamepanel.client.api.Panel.follow}.

    @param away: called with why the daemon can't be reached, and with None when it can again.
    """
    index, tries = readIndex, 0
    while True:
        try:
            # Who was away is asked whether they are there, not whether there is news.
            patience = 0.0 if tries else waitSeconds
            chunk = await read(server, readIndex=index, wait=patience, encoding=encoding)
        except (Unreachable, ShuttingDown, Busy, AuthUnavailable, TooManyRequests) as error:
            if away is not None and not tries:
                away(str(error))
            seconds = delays[min(tries, len(delays) - 1)]
            seconds = max(seconds, getattr(error, "retryAfter", None) or 0.0)
            await wait(deferLater(clock, seconds))
            tries += 1
            continue
        if tries:
            tries = 0
            if away is not None:
                away(None)
        if chunk.nextReadIndex != index or chunk.oldReadIndex != index:
            yield _piece(chunk, index)
        index = chunk.nextReadIndex
