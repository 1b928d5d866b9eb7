"""
Looks for the lines that tell how a start goes, and quotes what a game has printed.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final, Literal

from attrs import define, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from gamepanel.servers.log.ring import Ring

maxLineBytes: Final = 4096
"""Of a line, no more than this is looked at."""

maxLookBytes: Final = 64 * 1024
"""So much is looked at in one piece."""

maxQuotedLines: Final = 5
"""So many lines of a game are quoted."""

maxQuotedCharacters: Final = 500
"""So many characters of them, in all."""

firstPause: Final = 0.05
"""After the first look at what may come true, in seconds; doubled for each that follows."""

quoteMark: Final = "| "
"""Stands before each quoted line, so that nobody takes it for ours."""

_QUOTED_BYTES: Final = 16 * 1024
"""In so much of the end of a log, lines to quote are looked for."""

_CONTROLS: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f]")
"""ANSI sequences and other control characters but for TAB and line feed."""

_OPERATING_SYSTEM_COMMANDS: Final = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
)
"""OSC sequences, such as those that set a window's title, with what they hold."""


@frozen
class FailedLine:
    """
    A line that says that the start has failed.

    @ivar text: the line, fit to be quoted.
    """

    text: str


@define
class StartLines:
    """
    A search in what a server prints, line by line.

    @ivar ready: what to search for in each line, without its ANSI codes: players can come.
    @ivar failed: likewise: the start has failed.
    @ivar index: where in the log the first line begins that was not searched in whole.
    """

    ready: re.Pattern[str] | None
    failed: re.Pattern[str] | None
    index: int

    def look(self, ring: Ring, isOver: bool = False) -> Literal["ready"] | FailedLine | None:
        """
        What the first line says that says something, of those that the log has now and
        that were not searched before.

        @param isOver: whether nothing more will come, so that the last line is whole.
        """
        while True:
            chunk = ring.read(self.index, maxLookBytes)
            *lines, rest = chunk.data.split(b"\n")
            for line in lines:
                if found := self._read(line, isWhole=True):
                    return found
            self.index = chunk.end - min(len(rest), maxLineBytes)
            isEnd = chunk.end == ring.position
            # A line may lack its end because it is a prompt, so the rest is searched
            # too, and again when there is more of it.
            if found := self._read(rest, isWhole=isOver and isEnd):
                return found
            if isEnd:
                return None

    def _read(self, line: bytes, isWhole: bool) -> Literal["ready"] | FailedLine | None:
        text = _CONTROLS.sub("", line[:maxLineBytes].decode("utf-8", "replace"))
        # What is quoted must be whole, so for that we wait.
        if isWhole and self.failed is not None and self.failed.search(text):
            return FailedLine(_shortened(_plain(text), maxQuotedCharacters))
        if self.ready is not None and self.ready.search(text):
            return "ready"
        return None


async def comesTrue(
    clock: IReactorTime, look: Callable[[], Deferred[bool | None]], seconds: float
) -> bool:
    """
    Wait until something is so.

    @param look: whether it is; None when that can't be known, which ends the wait.
    @param seconds: how long to wait at most. What counts is a look that was begun later
        than that, so that none that takes long is the last.

    @return: False when it did not come true.
    """
    end, pause = clock.seconds() + seconds, firstPause
    while True:
        isLast = clock.seconds() >= end
        isSo = await look()
        if isSo is not False or isLast:
            return isSo is not False
        await deferLater(clock, min(pause, max(end - clock.seconds(), 0)))
        pause *= 2


def lastLines(ring: Ring, start: int) -> tuple[str, ...]:
    """
    The last lines that a run has printed, cleaned of all that is not text.

    @param start: index where its output begins.

    @return: at most L{maxQuotedLines}, of at most L{maxQuotedCharacters} in all; no
        empty ones.
    """
    begin = max(start, ring.position - _QUOTED_BYTES)
    data = ring.read(begin, ring.position - begin).data
    if begin > start:
        # The first character may have lost its first bytes.
        data = data.lstrip(bytes(range(0x80, 0xC0)))
    lines = (_plain(line) for line in reversed(data.decode("utf-8", "replace").split("\n")))
    found: list[str] = []
    left = maxQuotedCharacters
    for line in filter(None, lines):
        found.append(_shortened(line, left))
        left -= len(found[-1])
        if len(found) == maxQuotedLines or left <= 0:
            break
    return tuple(reversed(found))


def quoted(lines: tuple[str, ...]) -> str:
    """Lines of a game within a text of ours, each on a line of its own."""
    return "".join(f"\n{quoteMark}{line}" for line in lines)


def _plain(line: str) -> str:
    """A line without control sequences and characters that are not seen."""
    text = _CONTROLS.sub("", _OPERATING_SYSTEM_COMMANDS.sub("", line)).replace("\t", " ")
    return "".join(c for c in text if unicodedata.category(c)[0] != "C").strip()


def _shortened(text: str, size: int) -> str:
    return text if len(text) <= size else text[: max(size - 1, 0)] + "…"
