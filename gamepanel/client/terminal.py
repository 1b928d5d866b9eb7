"""
Text from a daemon on a terminal: it may have colours, and never commands anything.
"""

import os
import re
import sys
from typing import Final

_maxPending: Final = 4096
"""A sequence that is longer than this is none; what follows its start is text."""

_SEQUENCE: Final = re.compile(
    r"""
      \x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])    # CSI (ECMA-48, 5.4)
    | \x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)               # OSC, DCS, SOS, PM, APC
    | \x1b[ -/]*[0-OQ-WYZ\\`-~]                             # other escapes
    | [\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]                # controls, but TAB and line feed
    | [\u202a-\u202e\u2066-\u2069]                          # what turns the reading direction
    | \x1b                                                 # an escape that begins nothing
    """,
    re.VERBOSE,
)
_UNFINISHED: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)\Z")


class Filter:
    """
    Lets text and colours through, in whatever pieces they come.
    """

    def __init__(self, colours: bool) -> None:
        """
        @param colours: whether those are let through, too.
        """
        self._colours = colours
        self._pending = ""

    def feed(self, text: str) -> str:
        """What is fit to be shown of the next piece."""
        text = self._pending + text
        unfinished = _UNFINISHED.search(text)
        self._pending = ""
        if unfinished is not None and len(unfinished[0]) <= _maxPending:
            text, self._pending = text[: unfinished.start()], unfinished[0]
        return _SEQUENCE.sub(self._replacement, text)

    def _replacement(self, match: re.Match[str]) -> str:
        isColour = match["final"] == "m" and not match["parameters"].strip("0123456789:;")
        return match[0] if isColour and self._colours else ""

    def feedLine(self, text: str) -> str:
        """What is fit to be shown of a text that stands for itself, on one line."""
        return " ".join(self.feed(text).split("\n"))


def clean(text: str) -> str:
    """A name or a sentence of somebody's, for one line."""
    return Filter(colours=False).feedLine(text)


def wantsColours() -> bool:
    """Whether our output goes to somebody who wants them (U{https://no-color.org})."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
