"""
A console printed: some of it, or for as long as one likes.
"""

import sys
from base64 import b64decode
from typing import Final, Literal

import click

from gamepanel.client.api import Panel
from gamepanel.client.shell import Shell
from gamepanel.client.terminal import Filter, wantsColours
from gamepanel.wire.server import LogChunk

maxChunk: Final = 262144
"""Bytes of a log that one answer holds at the most."""

_firstGuess: Final = 256
"""Bytes of a line, to begin with, when lines are counted from the end."""

Encoding = Literal["utf-8", "base64"]


async def show(
    shell: Shell,
    panel: Panel,
    server: str,
    start: int | None,
    tail: int | None,
    follow: bool,
    raw: bool,
) -> None:
    """
    Print a console.

    @param start: index to begin at; None: at the first that is kept.
    @param tail: lines to begin with, counted from the end.
    @param raw: whether the bytes are printed as they are.
    """
    printer = Printer(shell, raw)
    try:
        index = await _printUntilNow(panel, server, start, tail, printer)
        if follow:
            pieces = panel.follow(
                server, readIndex=index, encoding=printer.encoding, away=printer.away
            )
            async for piece in pieces:
                printer.print(piece.chunk, piece.chunk.oldReadIndex - piece.lost)
    finally:
        printer.end()


async def _printUntilNow(
    panel: Panel, server: str, start: int | None, tail: int | None, printer: "Printer"
) -> int:
    """Print what there is, and return the index after it."""
    end = (await panel.serverStatus(server)).readIndex
    if tail is not None:
        start = await beginOfLines(panel, server, tail, end)
    index = start or 0
    # Without a wish what is gone already is no news.
    expected = start
    while True:
        chunk = await panel.serverLog(
            server, readIndex=index, limit=maxChunk, encoding=printer.encoding
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


class Printer:
    """
    Prints what comes of a console.

    @ivar encoding: as which it must come.
    """

    def __init__(self, shell: Shell, raw: bool) -> None:
        self._shell = shell
        self._raw = raw
        self._colours = wantsColours()
        self._filter = Filter(self._colours)
        self.encoding: Encoding = "base64" if raw else "utf-8"

    def print(self, chunk: LogChunk, expected: int | None) -> None:
        """
        Print an answer of the API.

        @param expected: the index that was asked for, if one was.
        """
        if self._shell.json:
            self._shell.show(chunk, lambda: None)
            return
        if expected is not None and chunk.oldReadIndex > expected:
            click.echo(f"… {chunk.oldReadIndex - expected} bytes are gone …", err=True)
        if self._raw:
            sys.stdout.buffer.write(b64decode(chunk.data))
        else:
            sys.stdout.write(self._filter.feed(chunk.data))
        sys.stdout.flush()

    def away(self, reason: str | None) -> None:
        """Say that the daemon is away, or back."""
        self._shell.say("Connected again." if reason is None else f"{reason} Trying again …")

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._colours and not self._raw:
            sys.stdout.write("\x1b[0m")
            sys.stdout.flush()
