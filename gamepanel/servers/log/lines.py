"""
Looks for the lines that tell how a start goes.
"""

import re
from typing import Final, Literal

from attrs import define, frozen

from gamepanel.servers.log.quoting import controls, maxQuotedCharacters, plain, shortened
from gamepanel.servers.log.ring import Ring

maxLineBytes: Final = 4096
"""Of a line, no more than this is looked at."""

maxLookBytes: Final = 64 * 1024
"""So much is looked at in one piece."""


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
        text = controls.sub("", line[:maxLineBytes].decode("utf-8", "replace"))
        # What is quoted must be whole, so for that we wait.
        if isWhole and self.failed is not None and self.failed.search(text):
            return FailedLine(shortened(plain(text), maxQuotedCharacters))
        if self.ready is not None and self.ready.search(text):
            return "ready"
        return None
