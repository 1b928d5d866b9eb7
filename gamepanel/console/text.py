"""
What a game prints as text, in whichever encoding it prints, and what of it is quoted.
"""

import codecs
import re
import unicodedata
from typing import Final

from gamepanel.console.ring import Ring

sequences: Final = re.compile(
    # None of it goes beyond the end of a line, nor over what begins another: in linear time.
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c\x9d\n]*+(?:\x07|\x1b\\|\x9c)"  # OSC, such as a window's title
    r"|(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]|\x1b[@-_]"  # CSI, such as a colour, and others
    r"|[\x00-\x08\x0b-\x1f\x7f\u200e]"
)
"""ANSI escape sequences and control characters: what terminals do not show."""


def decode(data: bytes, final: bool, encoding: str = "utf-8") -> tuple[str, int]:
    """
    Whole characters of a text; what is none becomes U+FFFD.

    However a stream is cut into pieces, decoding each from where the last one
    ended gives the same text.

    @param final: whether nothing can follow that would complete a character at the end.
    @param encoding: one of those that a type can name.

    @return: the text, and how many bytes it stands for.
    """
    if encoding == "utf-8":
        return codecs.utf_8_decode(data, "replace", final)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    text = decoder.decode(data, final)
    return text, len(data) - len(decoder.getstate()[0])


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
