"""
A console printed: some of it, or for as long as one likes.
"""

from base64 import b64decode
from typing import Final

from attrs import frozen

from gamepanel.client.api import Panel
from gamepanel.client.printer import Printer

maxChunk: Final = 262144
"""Bytes of a log that one answer holds at the most."""

_firstGuess: Final = 256
"""Bytes of a line, to begin with, when lines are counted from the end."""


@frozen
class Begin:
    """
    Where to begin; of several wishes the one that leaves out most.

    @ivar index: at this index.
    @ivar lines: with so many lines, counted from the end.
    @ivar since: with what was read since then, in seconds since the epoch.
    @ivar run: with the current run, or the last.
    """

    index: int | None = None
    lines: int | None = None
    since: float | None = None
    run: bool = False

    async def find(self, panel: Panel, server: str) -> tuple[int | None, int]:
        """The index to begin at, None without a wish, and that of the end now."""
        status = await panel.serverStatus(server)
        found = [] if self.index is None else [self.index]
        if self.run:
            found.append(status.runIndex)
        if self.since is not None:
            chunk = await panel.serverLog(server, since=self.since, limit=4)
            found.append(chunk.oldReadIndex)
        if self.lines is not None:
            found.append(await beginOfLines(panel, server, self.lines, status.readIndex))
        return max(found, default=None), status.readIndex


async def show(panel: Panel, server: str, begin: Begin, printer: Printer, follow: bool) -> None:
    """
    Print a console.

    @param follow: whether to go on with what comes; that needs a reactor.
    """
    try:
        index = await _printUntilNow(panel, server, begin, printer)
        if follow:
            pieces = panel.follow(
                server,
                readIndex=index,
                encoding=printer.encoding,
                away=printer.away,
                times=printer.times,
            )
            async for piece in pieces:
                printer.print(piece.chunk, piece.chunk.oldReadIndex - piece.lost)
    finally:
        printer.end()


async def _printUntilNow(panel: Panel, server: str, begin: Begin, printer: Printer) -> int:
    """Print what there is, and return the index after it."""
    start, end = await begin.find(panel, server)
    index = start or 0
    # Without a wish what is gone already is no news.
    expected = start
    while True:
        chunk = await panel.serverLog(
            server,
            readIndex=index,
            limit=maxChunk,
            encoding=printer.encoding,
            times=printer.times,
        )
        printer.print(chunk, expected)
        isNew = chunk.nextReadIndex > index
        index = expected = chunk.nextReadIndex
        if index >= end or not isNew:
            return index


async def beginOfLines(panel: Panel, server: str, lines: int, end: int) -> int:
    """
    The index at which the last so many lines begin; if there are fewer, that of the first.

    @param end: index after the last line.
    """
    if lines == 0:
        return end
    # The last line may have an end, which begins no other.
    wanted, size = lines, _firstGuess * lines
    upTo, isLast = end, True
    while upTo > 0:
        first = max(upTo - min(size, maxChunk), 0)
        chunk = await panel.serverLog(server, readIndex=first, limit=maxChunk, encoding="base64")
        data = b64decode(chunk.data)[: max(upTo - chunk.oldReadIndex, 0)]
        if isLast and data.endswith(b"\n"):
            wanted += 1
        isLast = False
        ends = data.count(b"\n")
        if ends >= wanted:
            return chunk.oldReadIndex + _endBefore(data, wanted) + 1
        wanted -= ends
        if chunk.oldReadIndex > first:
            # All before it has been overrun.
            return chunk.oldReadIndex
        upTo, size = first, maxChunk
    return 0


def _endBefore(data: bytes, count: int) -> int:
    """Where the line end is that has C{count - 1} others after it."""
    at = len(data)
    for _ in range(count):
        at = data.rindex(b"\n", 0, at)
    return at
