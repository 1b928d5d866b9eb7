"""
What an install script changes of a file that is there: a line that is set, as a type's config files
can set it, too.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from gamepanel.games.importing.shell import Word
from gamepanel.games.importing.state import State, Value
from gamepanel.games.importing.text import Ref, Text

Expand = Callable[[Word], Value]

_key: Final = re.compile(r"[A-Za-z_][\w.-]{2,80}(?: ?[=:] ?|[ \t]+)")
"""What a line begins with that sets something: its name, and what parts that from the value."""

_command: Final = re.compile(r"s(?P<end>[^\w\s\\])(?P<old>.*?)(?P=end)(?P<new>.*?)(?P=end)[gI]*")

maxCommand: Final = 1_000
"""Characters of a command of C{sed} that is looked at: it costs the square of them."""

_mark: Final = "\0"
"""Stands around the names of values: no text of a script holds it."""


def addLine(state: State, path: str, text: Text) -> bool:
    """
    Have a line that is added to a file set there.

    @return: whether that can be said.
    """
    return path.endswith(".log") or _set(state, path, _marked(text).strip("\n"))


def changeLine(state: State, path: str | None, command: Value) -> bool:
    """
    Have a line set that C{sed} changes from its beginning on.

    @param path: of the file; None if that is not known.
    @param command: of C{sed}.

    @return: whether that can be said.
    """
    if path is None or not isinstance(command, Text):
        return False
    marked = _marked(command)
    match = _command.fullmatch(marked) if len(marked) <= maxCommand else None
    if match is None:
        return False
    old, new = match["old"], match["new"]
    begun = re.match(r"\^((?:[\w :=\"-]|\.(?!\*)|\\[.\"/])*)", old)
    # Of the rest of the line nothing may be left.
    isWhole = begun is not None and old[begun.end() :] in (".*", ".*$", "$", "[^ ]*", '"[^"]*"')
    if begun is None or not isWhole or re.search(r"&|\\[^\"/.]", new):
        return False
    plain = re.sub(r"\\(.)", r"\1", new)
    key, start = _key.match(plain), begun[1].replace("\\", "")
    if key is None:
        return False
    if re.sub(r"[^\w.-].*", "", key[0]) == start.rstrip():
        # The line is found by its name alone, whatever stands behind that.
        return _set(state, path, plain, start)
    return start.startswith(key[0].rstrip()) and _set(state, path, plain)


def uncomments(state: State, path: str | None, command: Value) -> bool:
    """Whether C{sed} only takes the mark of a comment from what is set at each start anyway."""
    match = _command.fullmatch(_marked(command)[:maxCommand]) if isinstance(command, Text) else None
    if match is None or path is None:
        return False
    return any(
        re.search(rf"[#;/]\W*{re.escape(key)}\b", match["old"]) is not None
        for key in state.configured.get(path, ())
    )


def _set(state: State, path: str, line: str, start: str = "") -> bool:
    """
    @param start: what the line that it replaces begins with; empty for the name and the sign
        behind it.
    """
    match = _key.match(line)
    if match is None or state.guards or "\n" in line or "{" in path:
        return False
    value = state.use(_unmarked(line))
    state.lines.setdefault(path, {})[start or match[0]] = value
    return True


def _marked(text: Text) -> str:
    return "".join(
        f"{_mark}{piece.name}{_mark}" if isinstance(piece, Ref) else piece.replace(_mark, "")
        for piece in text.pieces
    )


def _unmarked(line: str) -> Text:
    pieces = line.split(_mark)
    return Text.of(*(Ref(piece) if n % 2 else piece for n, piece in enumerate(pieces)))


def fileWords(words: Sequence[Word]) -> tuple[Word, Word] | None:
    """The one command and the one file of a C{sed -i}; None if it has others."""
    plain = [word for word in words if not re.match(r"-\w*[iEer]|--in-place", word.source)]
    return (plain[0], plain[1]) if len(plain) == 2 else None
