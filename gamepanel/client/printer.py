"""
Prints what comes of a console.
"""

import sys
import time
from base64 import b64decode
from bisect import bisect_right
from codecs import getincrementaldecoder
from collections.abc import Sequence
from typing import Literal

import click
import msgspec

from gamepanel.client.shell import Shell
from gamepanel.client.terminal import Filter, wantsColours
from gamepanel.wire.server import LogChunk

Encoding = Literal["utf-8", "base64"]


class Printer:
    """
    Prints a console.

    @ivar encoding: as which it must come.
    @ivar times: whether it must come with them.
    """

    def __init__(self, shell: Shell, raw: bool, times: bool = False) -> None:
        """
        @param raw: whether the bytes are printed as they are.
        @param times: whether each line begins with when it was read.
        """
        self._shell = shell
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
        if self._shell.json or self._shell.format is not None:
            self._shell.show(chunk, lambda: None)
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

    def away(self, reason: str | None) -> None:
        """Say that the daemon is away, or back."""
        self._shell.say("Connected again." if reason is None else f"{reason} Trying again …")

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
    return time.strftime("%Y-%m-%d %H:%M:%S  ", time.localtime(marks[number - 1][1]))
