"""
Quotes what a game has printed.
"""

import unicodedata
from typing import Final

from gamepanel.console.ring import Ring
from gamepanel.console.text import sequences

maxQuotedLines: Final = 5
"""So many lines of a game are quoted."""

maxQuotedCharacters: Final = 500
"""So many characters of them, in all."""

_QUOTED_BYTES: Final = 16 * 1024
"""In so much of the end of a log, lines to quote are looked for."""


def lastLines(ring: Ring, start: int, encoding: str = "utf-8") -> tuple[str, ...]:
    """
    The last lines that a run has printed, cleaned of all that is not text.

    @param start: index where its output begins.
    @param encoding: of what it prints.

    @return: at most L{maxQuotedLines}, of at most L{maxQuotedCharacters} in all; no
        empty ones.
    """
    begin = max(start, ring.position - _QUOTED_BYTES)
    data = ring.told.masked(ring.read, *ring.read(begin, ring.position - begin))
    if begin > start and encoding == "utf-8":
        # The first character may have lost its first bytes.
        data = data.lstrip(bytes(range(0x80, 0xC0)))
    lines = (plain(line) for line in reversed(data.decode(encoding, "replace").split("\n")))
    found: list[str] = []
    left = maxQuotedCharacters
    for line in filter(None, lines):
        found.append(shortened(line, left))
        left -= len(found[-1])
        if len(found) == maxQuotedLines or left <= 0:
            break
    return tuple(reversed(found))


def plain(line: str) -> str:
    """A line without control sequences and characters that are not seen."""
    text = sequences.sub("", line).replace("\t", " ")
    return "".join(c for c in text if unicodedata.category(c)[0] != "C").strip()


def shortened(text: str, size: int) -> str:
    """A text of at most so many characters; a sign says that some are left out."""
    return text if len(text) <= size else text[: max(size - 1, 0)] + "…"
