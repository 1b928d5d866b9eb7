"""
Searches what a game prints for the lines that its type names, each line once for all
patterns, in pieces that are small enough to let others have their turn in between.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import define, frozen

from gamepanel.games.linepatterns import LinePatterns
from gamepanel.servers.log.ring import Ring

maxLineBytes: Final = 4096
"""Of a line, no more than this is looked at."""

pieceBytes: Final = 16 * 1024
"""So much is looked at between two turns of others; larger than the longest line."""

pieceLines: Final = 64
"""So many lines are looked at one by one between two turns of others."""

_CONTROLS: Final = bytes(code for code in range(32) if chr(code) not in "\t\n") + b"\x7f"
"""What is no text, but for TAB and line feed; a C1 control or a mark of direction is below."""

_SEQUENCES: Final = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"  # OSC, such as a window's title
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[@-_]"  # CSI, such as a colour, and others
    r"|[\x00-\x08\x0b-\x1f\x7f\u200e]"
)
"""What terminals do not show. None of it goes beyond the end of a line."""

_PROMPTS: Final = re.compile(r"^(?:> )+", re.MULTILINE)
"""What a console leaves before the first line that follows a command."""


@frozen
class Found:
    """
    A line that a pattern fits.

    @ivar name: of the first such pattern.
    @ivar line: the line as it was searched.
    @ivar groups: what the pattern's named groups hold.
    """

    name: str
    line: str
    groups: Mapping[str, str] = {}


def cleaned(data: bytes) -> str:
    """The text of some lines, without what terminals do not show, and without prompts."""
    text = data.decode("utf-8", "replace")
    # Mostly there is none, and this finds that out much faster than an expression does.
    if len(data.translate(None, _CONTROLS)) < len(data) or not data.isascii():
        text = _SEQUENCES.sub("", text)
    return _PROMPTS.sub("", text) if "> " in text else text


@define
class LineSearch:
    """
    A search in what one run prints.

    @ivar patterns: what to search for.
    @ivar early: names of patterns that count also for a line that is not whole: a prompt.
    @ivar index: where in the log goes on what was not searched yet.
    @ivar lost: how many bytes were overwritten before they were searched.
    """

    patterns: LinePatterns
    early: frozenset[str]
    index: int
    lost: int = 0
    _isInside: bool = False

    def pieces(self, ring: Ring, isOver: bool = False) -> Iterator[Found | None]:
        """
        Search all that the log has by the time it comes to its end. Nothing is found twice,
        but a line that was not whole.

        @param isOver: whether nothing more will come, so that the last line is whole.

        @return: what is found, in its order, and None after each piece of work.
        """
        while True:
            chunk = ring.read(self.index, pieceBytes)
            if chunk.start > self.index:
                self.lost += chunk.start - self.index
                self._isInside = True
            self.index, data = chunk.start, chunk.data
            if self._isInside:
                data = self._behindLine(data)
            whole, rest = _parted(data)
            self.index += len(whole)
            yield from self._inLines(whole)
            end = self.index + len(rest)
            if len(rest) >= maxLineBytes:
                # Nothing behind that is looked at.
                self._isInside, self.index = True, end
                yield self._inLine(rest)
            elif end == ring.position:
                yield self._inLine(rest) if isOver else self._early(rest)
            yield None
            # There may be more than when that piece was begun.
            if end == ring.position:
                return

    def _behindLine(self, data: bytes) -> bytes:
        """What follows a line of which enough was seen, or the beginning was not."""
        end = data.find(b"\n") + 1
        self._isInside = end == 0
        self.index += end or len(data)
        return data[end:] if end else b""

    def _inLines(self, data: bytes) -> Iterator[Found | None]:
        if not data or not self.patterns.mayBeIn(cleaned(data)):
            return
        lines = [line[:maxLineBytes] for line in data.split(b"\n")[:-1]]
        # A game that floods its console mostly repeats itself.
        known: dict[bytes, Found | None] = {}
        for first in range(0, len(lines), pieceLines):
            piece = lines[first : first + pieceLines]
            if self.patterns.mayBeIn(cleaned(b"\n".join(piece))):
                yield from self._oneByOne(piece, known)
            yield None

    def _oneByOne(
        self, lines: Sequence[bytes], known: dict[bytes, Found | None]
    ) -> Iterator[Found]:
        for line in lines:
            if line not in known:
                known[line] = self._inLine(line)
            if (found := known[line]) is not None:
                yield found

    def _inLine(self, line: bytes) -> Found | None:
        text = cleaned(line[:maxLineBytes])
        found = self.patterns.find(text)
        return None if found is None else Found(found[0], text, found[1])

    def _early(self, line: bytes) -> Found | None:
        text = cleaned(line)
        name = next((name for name in self.early if self.patterns.fits(name, text)), None)
        return None if name is None else Found(name, text)


def _parted(data: bytes) -> tuple[bytes, bytes]:
    """Whole lines, and the beginning of the one behind them."""
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]
