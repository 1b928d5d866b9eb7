"""
Searches what a game prints for the lines that its type names, each line once for all
patterns, in pieces that are small enough to let others have their turn in between.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from attrs import define, evolve, field, frozen

from gamepanel.console.linepatterns import LinePatterns
from gamepanel.console.linetriggers import LineTriggers
from gamepanel.console.ring import Ring
from gamepanel.console.text import sequences

maxLineBytes: Final = 4096
"""Of a line, no more than this is looked at."""

pieceBytes: Final = 16 * 1024
"""So much is looked at between two turns of others; larger than the longest line."""

pieceLines: Final = 64
"""So many lines are looked at one by one between two turns of others."""

_CONTROLS: Final = bytes(code for code in range(32) if chr(code) not in "\t\n") + b"\x7f"
"""What is no text; TAB and line feed are; a C1 control or a mark of direction is below."""

_PROMPTS: Final = re.compile(r"^(?:> )+", re.MULTILINE)
"""What a console leaves before the first line that follows a command."""


@frozen
class Found:
    """
    A line that a pattern fits. One that several fit is found for each of them.

    @ivar name: of the pattern.
    @ivar line: the line as it was searched.
    @ivar groups: what the pattern's named groups hold.
    @ivar index: where in the log the line begins; where the search has gone on in its middle,
        that place.
    """

    name: str
    line: str
    groups: Mapping[str, str] = {}
    index: int = field(default=0, eq=False)


def cleaned(data: bytes, encoding: str = "utf-8") -> str:
    """The text of some lines, without what terminals do not show, and without prompts."""
    text = data.decode(encoding, "replace")
    # Mostly there is none, and this finds that out much faster than an expression does.
    if len(data.translate(None, _CONTROLS)) < len(data) or not data.isascii():
        text = sequences.sub("", text)
    return _PROMPTS.sub("", text) if "> " in text else text


@define
class LineSearch:
    """
    A search in what one run prints.

    @ivar patterns: what to search for.
    @ivar early: names of patterns that count also for a line that is not whole: a prompt.
    @ivar index: where in the log goes on what was not searched yet.
    @ivar lost: how many bytes were overwritten before they were searched.
    @ivar isInside: whether that is in the middle of a line, whose rest is not looked at.
    @ivar encoding: of what is printed.
    @ivar isOver: whether nothing more will be printed, so that the last line is whole.
    @ivar settled: C{index} and C{isInside} after the last piece of which all was told: whoever
        goes on from there is told of nothing twice and misses nothing.
    @ivar triggers: patterns of people, which tell by themselves what they find; None if there are
        none.
    """

    patterns: LinePatterns
    early: frozenset[str]
    index: int
    lost: int = field(init=False, default=0)
    isInside: bool = False
    encoding: str = "utf-8"
    isOver: bool = field(init=False, default=False)
    settled: tuple[int, bool] = field(init=False)
    triggers: LineTriggers | None = None

    def __attrs_post_init__(self) -> None:
        self.settled = self.index, self.isInside

    def pieces(
        self, ring: Ring, isOver: bool = False, end: Callable[[], int] | None = None
    ) -> Iterator[Found | None]:
        """
        Search all that the log has by the time it comes to its end. Nothing is found twice,
        but a line that was not whole.

        @param isOver: see L{LineSearch.isOver}.
        @param end: where to stop; None for the end of the log.

        @return: what is found, in its order, and None after each piece of work.
        """
        self.isOver = isOver
        limit = end or (lambda: ring.position)
        while True:
            begin = max(self.index, ring.oldest)
            chunk = ring.read(begin, max(min(pieceBytes, limit() - begin), 0))
            if chunk.start > self.index:
                self.lost += chunk.start - self.index
                self.isInside = True
            self.index, data = chunk.start, ring.told.masked(ring.read, *chunk)
            if self.isInside:
                data = self._behindLine(data)
            whole, rest = _parted(data)
            begin, self.index = self.index, self.index + len(whole)
            yield from self._inLines(whole, begin)
            yield from self._triggering(whole, begin)
            reached = self.index + len(rest)
            if len(rest) >= maxLineBytes:
                # Nothing behind that is looked at.
                begin, self.isInside, self.index = self.index, True, reached
                yield from self._inLine(rest, begin)
                yield from self._triggering(rest, begin)
            elif reached >= limit() and self.isOver:
                begin, self.index = self.index, reached
                yield from self._inLine(rest, begin)
                yield from self._triggering(rest, begin)
            elif reached >= limit():
                yield from self._early(rest, self.index)
            self.settled = self.index, self.isInside
            yield None
            # There may be more than when that piece was begun.
            if reached >= limit():
                return

    def _cleaned(self, data: bytes) -> str:
        return cleaned(data, self.encoding)

    def _behindLine(self, data: bytes) -> bytes:
        """What follows a line of which enough was seen, or the beginning was not."""
        end = data.find(b"\n") + 1
        self.isInside = end == 0
        self.index += end or len(data)
        return data[end:] if end else b""

    def _inLines(self, data: bytes, index: int) -> Iterator[Found | None]:
        if not data or not self.patterns.mayBeIn(self._cleaned(data)):
            return
        lines = data.split(b"\n")[:-1]
        # A game that floods its console mostly repeats itself.
        known: dict[bytes, Sequence[Found]] = {}
        for first in range(0, len(lines), pieceLines):
            piece = lines[first : first + pieceLines]
            if self.patterns.mayBeIn(
                self._cleaned(b"\n".join(line[:maxLineBytes] for line in piece))
            ):
                yield from self._oneByOne(piece, known, index)
            index += sum(map(len, piece)) + len(piece)
            yield None

    def _oneByOne(
        self, lines: Sequence[bytes], known: dict[bytes, Sequence[Found]], index: int
    ) -> Iterator[Found]:
        for line in lines:
            short = line[:maxLineBytes]
            if short not in known:
                known[short] = self._inLine(short, index)
            for found in known[short]:
                yield evolve(found, index=index)
            index += len(line) + 1

    def _inLine(self, line: bytes, index: int) -> Sequence[Found]:
        text = self._cleaned(line[:maxLineBytes])
        found = self.patterns.findAll(text)
        return [Found(name, text, groups, index) for name, groups in found]

    def _triggering(self, data: bytes, index: int) -> Iterator[None]:
        # Others may have come in their place meanwhile.
        while self.triggers is not None and self.triggers.index < index + len(data):
            for lost in self.triggers.pieces(data, index, self._cleaned):
                self.lost += lost
                yield None

    def _early(self, line: bytes, index: int) -> Sequence[Found]:
        text = self._cleaned(line)
        names = [name for name in self.early if self.patterns.fits(name, text)]
        return [Found(name, text, {}, index) for name in names]


def _parted(data: bytes) -> tuple[bytes, bytes]:
    """Whole lines, and the beginning of the one behind them."""
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]
