"""
Files in which each line is a setting that begins with its name, such as C{motd Hello}.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

from gamepanel.games.cannothold import CannotHold

_BREAKS: Final = re.compile("[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
"""Whatever some reader takes for the end of a line."""

_MARK: Final = "\ufeff"
"""What some editors put before the first line."""


def edit(text: str, changes: Mapping[str, str]) -> str:
    """
    Replace the first line that begins with each key, or append one.

    @param changes: whole lines by what they begin with.

    @raise CannotHold: when a line could not be found again, or would be another key's.
    """
    for key, line in changes.items():
        if _BREAKS.search(line) or keyOf(line, changes) != key:
            raise CannotHold("value_not_held", format="lines", key=key)
    mark, body = (_MARK, text[1:]) if text.startswith(_MARK) else ("", text)
    end = "\r\n" if "\r\n" in body else "\n"
    lines = body.split("\n")
    unended = lines.pop()
    if unended:
        lines.append(unended + end.removesuffix("\n"))
    left = dict(changes)
    for index, line in enumerate(lines):
        found = keyOf(line, changes)
        if found is not None and found in left:
            lines[index] = left.pop(found) + ("\r" if line.endswith("\r") else "")
    lines += [line + end.removesuffix("\n") for line in left.values()]
    return mark + "".join(line + "\n" for line in lines)


def keyOf(line: str, keys: Collection[str]) -> str | None:
    """
    The longest of some keys that a line begins with, if there is one. A word of the
    line must end where the key ends, so that C{map} is not taken for C{maplist}.
    """
    fitting = (key for key in keys if line.startswith(key) and _wordEnds(line, key))
    return max(fitting, key=len, default=None)


def _wordEnds(line: str, key: str) -> bool:
    following = line[len(key) : len(key) + 1]
    return not (_isOfWord(key[-1:]) and _isOfWord(following))


def _isOfWord(character: str) -> bool:
    return character.isalnum() or (character != "" and character in "_-.")
