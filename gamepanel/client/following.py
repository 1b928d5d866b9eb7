"""
Follows a console or the events, and reconnects after lost connections and restarts of the
daemon: each byte and each event comes once.
"""

from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, Literal, Protocol

from attrs import frozen

from gamepanel.base.backoff import backoff
from gamepanel.base.errors import AuthUnavailable, Busy, ShuttingDown, TooManyRequests
from gamepanel.client.failures import Unreachable
from gamepanel.wire.events import EventInfo, EventList
from gamepanel.wire.jobs import JobInfo
from gamepanel.wire.server import LogChunk

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

waitSeconds: Final = 25.0
"""How long the daemon is asked to wait for something new."""

firstDelay: Final = 0.1
longestDelay: Final = 5.0
"""Between tries to reach a daemon that is away, in seconds; see L{backoff}."""

maxEvents: Final = 1000
"""Events that one answer holds at the most."""


class Read(Protocol):
    """Reads some of a log, as C{server_log} does."""

    def __call__(
        self,
        server: str,
        *,
        readIndex: int,
        wait: float,
        encoding: Literal["utf-8", "base64"],
        times: bool,
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


_passing: Final = (Unreachable, ShuttingDown, Busy, AuthUnavailable, TooManyRequests)
"""What passes by itself."""


class _Absence:
    """
    How long a daemon has been away, and who is told of it.
    """

    def __init__(self, clock: "IReactorTime", away: Callable[[str | None], None] | None) -> None:
        self._clock = clock
        self._away = away
        self._tries = 0

    @property
    def patience(self) -> float:
        """
        How long to ask the daemon to wait: one that was away is asked whether it is there, not
        whether there is news.
        """
        return 0.0 if self._tries else waitSeconds

    async def failed(self, error: Exception) -> None:
        """Wait before the next try, longer each time."""
        from twisted.internet.task import deferLater

        from gamepanel.client.connection import wait

        if self._away is not None and not self._tries:
            self._away(str(error))
        seconds = backoff(self._tries, firstDelay, longestDelay)
        await wait(deferLater(self._clock, max(seconds, getattr(error, "retryAfter", None) or 0.0)))
        self._tries += 1

    def answered(self) -> None:
        """The daemon is there."""
        if self._tries and self._away is not None:
            self._away(None)
        self._tries = 0


async def follow(
    clock: "IReactorTime",
    read: Read,
    server: str,
    readIndex: int,
    encoding: Literal["utf-8", "base64"],
    away: Callable[[str | None], None] | None,
    times: bool = False,
) -> AsyncIterator[Piece]:
    """
    See L{gamepanel.client.api.Panel.follow}.

    @param away: called with why the daemon can't be reached, and with None when it can again.
    """
    index, absence = readIndex, _Absence(clock, away)
    while True:
        try:
            chunk = await read(
                server, readIndex=index, wait=absence.patience, encoding=encoding, times=times
            )
        except _passing as error:
            await absence.failed(error)
            continue
        absence.answered()
        if chunk.nextReadIndex != index or chunk.oldReadIndex != index:
            yield _piece(chunk, index)
        index = chunk.nextReadIndex


class ReadEventList(Protocol):
    """Reads events, as C{event_list} does."""

    def __call__(
        self,
        *,
        after: int | None,
        server: str | None,
        kinds: Sequence[str] | None,
        limit: int,
        wait: float,
    ) -> Awaitable[EventList]: ...


async def followEvents(
    clock: "IReactorTime",
    read: ReadEventList,
    after: int | None,
    server: str | None,
    kinds: Sequence[str] | None,
    away: Callable[[str | None], None] | None,
) -> AsyncIterator[EventInfo]:
    """
    See L{gamepanel.client.api.Panel.followEvents}.
    """
    absence, isFromNow = _Absence(clock, away), after is None
    while True:
        # The first answer tells only which number is the newest now.
        limit, patience = (1, 0.0) if isFromNow else (maxEvents, absence.patience)
        try:
            page = await read(after=after, server=server, kinds=kinds, limit=limit, wait=patience)
        except _passing as error:
            await absence.failed(error)
            continue
        absence.answered()
        if not isFromNow:
            for event in page.events:
                yield event
        after, isFromNow = page.newest, False


class ReadJob(Protocol):
    """Reads how far a job is, as C{job_status} does."""

    def __call__(self, job: int, *, wait: float) -> Awaitable[JobInfo]: ...


async def followJob(
    clock: "IReactorTime",
    read: ReadJob,
    job: int,
    end: float | None,
    away: Callable[[str | None], None] | None,
) -> AsyncIterator[JobInfo]:
    """
    See L{gamepanel.client.api.Panel.followJob}.
    """
    absence = _Absence(clock, away)
    patience = 0.0
    while True:
        try:
            now = await read(job, wait=patience)
        except _passing as error:
            if end is not None and clock.seconds() >= end:
                raise
            await absence.failed(error)
            patience = 0.0
            continue
        absence.answered()
        yield now
        left = waitSeconds if end is None else end - clock.seconds()
        if now.isOver or left <= 0:
            return
        patience = min(left, waitSeconds)
