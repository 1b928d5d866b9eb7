"""
Prints a console: some of it, or for as long as one likes.
"""

import sys
from base64 import b64decode
from bisect import bisect_right
from codecs import getincrementaldecoder
from collections.abc import Sequence
from typing import Final, Literal

import click
import msgspec
from attrs import frozen

from gamepanel.client.api import Panel
from gamepanel.client.shell import Shell
from gamepanel.client.terminal import Filter, at, wantsColours
from gamepanel.wire.server import LogChunk

Encoding = Literal["utf-8", "base64"]


class Printer:
    """
    Prints a console.

    @ivar shell: where it is printed.
    @ivar encoding: as which it must come.
    @ivar times: whether it must come with them.
    """

    def __init__(self, shell: Shell, raw: bool, times: bool = False) -> None:
        """
        @param raw: whether the bytes are printed as they are.
        @param times: whether each line begins with when it was read.
        """
        self.shell = shell
        self._raw = raw
        self._colours = wantsColours() and not raw
        self._filter = Filter(self._colours)
        self._stamps = Stamps()
        self.times = times
        self.encoding: Encoding = "base64" if raw or (times and not shell.json) else "utf-8"

    def print(self, chunk: LogChunk, expected: int | None) -> None:
        """
        Print an answer of the API.

        @param expected: the index that was asked for, if one was.
        """
        if self.shell.isForPrograms:
            self.shell.show(chunk, lambda: None)
            return
        if expected is not None and chunk.oldReadIndex > expected:
            click.echo(f"… {chunk.oldReadIndex - expected} bytes are gone …", err=True)
        if self._raw:
            sys.stdout.buffer.write(b64decode(chunk.data))
        elif self.times:
            sys.stdout.write(self._filter.feed(self._stamps.stamped(chunk)))
        else:
            sys.stdout.write(self._filter.feed(chunk.data))
        sys.stdout.flush()

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._colours:
            sys.stdout.write("\x1b[0m")
            sys.stdout.flush()


class Stamps:
    """
    Puts before each line of a log when it was read.
    """

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._isAtStart = True

    def stamped(self, chunk: LogChunk) -> str:
        """The next piece of a log, which came with times."""
        marks = () if chunk.times is msgspec.UNSET else chunk.times
        index, parts = chunk.oldReadIndex, []
        for line in b64decode(chunk.data).splitlines(keepends=True):
            if self._isAtStart:
                parts.append(_stamp(marks, index))
            parts.append(self._decoder.decode(line))
            index += len(line)
            self._isAtStart = line.endswith(b"\n")
        return "".join(parts)


def _stamp(marks: Sequence[tuple[int, float]], index: int) -> str:
    """When the byte at an index was read, as far as that is kept."""
    number = bisect_right(marks, index, key=lambda mark: mark[0])
    if number == 0:
        return "-" * 19 + "  "
    return at(marks[number - 1][1]) + "  "


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
                away=printer.shell.away,
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
            server, readIndex=index, limit=maxChunk, encoding=printer.encoding, times=printer.times
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
