"""
Looks for the line that says that players can come.
"""

import re
from typing import Final

from attrs import define

from gamepanel.servers.console import Ring

maxLineBytes: Final = 4096
"""Of a line, no more than this is looked at."""

maxLookBytes: Final = 64 * 1024
"""So much is looked at in one piece."""

_CONTROLS: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f]")
"""ANSI sequences and other control characters but for TAB and line feed."""


@define
class ReadyLine:
    """
    A search in what a server prints, line by line.

    @ivar pattern: what to search for in each line, without its ANSI codes.
    @ivar index: where in the log the first line begins that was not searched in whole.
    """

    pattern: re.Pattern[str]
    index: int

    def seen(self, ring: Ring) -> bool:
        """Whether it has come, in what the log has now and was not searched before."""
        while True:
            chunk = ring.read(self.index, maxLookBytes)
            # A line may lack its end because it is a prompt, so the rest is searched
            # too, and again when there is more of it.
            *lines, rest = chunk.data.split(b"\n")
            if any(self._matches(line[:maxLineBytes]) for line in (*lines, rest)):
                return True
            self.index = chunk.end - min(len(rest), maxLineBytes)
            if chunk.end == ring.position:
                return False

    def _matches(self, line: bytes) -> bool:
        return self.pattern.search(_CONTROLS.sub("", line.decode("utf-8", "replace"))) is not None
