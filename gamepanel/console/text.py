"""
What a game prints as text, in whichever encoding it prints.
"""

import codecs
import re
from typing import Final

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
