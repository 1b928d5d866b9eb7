"""
Files that PufferPanel's templates write: what can be set in them before each start.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from gamepanel.games.importing.text import Ref, Text

maxKeys: Final = 500
"""So many keys of a file are set."""

maxDepth: Final = 8
"""So deeply may they be nested."""

_KEY: Final = re.compile(r"([A-Za-z_][\w.-]*)(?: ?[=:] ?| )")
_COMMENT: Final = re.compile(r"\s*(?:#|//|;)")

_mark: Final = "\ue000"
"""Stands around the names of values: a character that nobody uses."""


def properties(text: Text) -> list[tuple[str, Text]] | None:
    """The keys and values of a file of which each line is a key, C{=} and a value."""
    found: list[tuple[str, Text]] = []
    for line in _lines(text):
        match = re.match(r"([\w.-]+)=", line.head)
        if match is None:
            return None
        found.append((match[1], _without(line, match.end())))
    return found


def unescaped(value: str) -> str:
    """What a value of a file of properties stands for."""

    def character(match: re.Match[str]) -> str:
        if len(match[1]) > 1:
            code = int(match[1][1:], 16)
            return match[0] if 0xD800 <= code < 0xE000 or code == 0 else chr(code)
        return {"n": "\n", "t": "\t", "r": ""}.get(match[1], match[1])

    return re.sub(r"\\(u[0-9A-Fa-f]{4}|.)", character, value)


def lines(text: Text) -> dict[str, Text] | None:
    """The lines of a file of which each sets something, by what they begin with."""
    found: dict[str, Text] = {}
    for line in _lines(text):
        match = _KEY.match(line.head)
        if match is None or match[0] in found:
            return None
        found[match[0]] = line
    isClear = not any(
        one != other and one.startswith(other.rstrip()) for one in found for other in found
    )
    return found if isClear and len(found) <= maxKeys else None


def _lines(text: Text) -> list[Text]:
    """The lines of a text, without comments and empty ones."""
    rows: list[list[str | Ref]] = [[]]
    for piece in text.pieces:
        if isinstance(piece, Ref):
            rows[-1].append(piece)
            continue
        first, *more = piece.replace("\r\n", "\n").split("\n")
        rows[-1].append(first)
        rows += [[one] for one in more]
    found = [Text.of(*row) for row in rows]
    return [line for line in found if line and not _COMMENT.match(line.head)]


def _without(text: Text, count: int) -> Text:
    first, *rest = text.pieces
    assert isinstance(first, str)
    return Text.of(first[count:], *rest)


def jsonKeys(text: Text, isTyped: Callable[[str], bool]) -> dict[str, object] | None:
    """
    The keys of a JSON file, and their values as a type sets them.

    @param isTyped: whether a value of a name is a number or a boolean, so that it needs no quotes.

    @return: None for one in which not all can be set.
    """
    parts: list[str] = []
    isInside = False
    for piece in text.pieces:
        if isinstance(piece, str):
            parts.append(piece.replace(_mark, ""))
            isInside ^= re.sub(r"\\.", "", piece).count('"') % 2 == 1
        elif isInside:
            parts.append(f"{_mark}{piece.name}{_mark}")
        elif isTyped(piece.name):
            parts.append(f'"{_mark}{piece.name}{_mark}{_mark}"')
        else:
            return None
    try:
        document = json.loads("".join(parts))
        return _flat(document, isTyped) if isinstance(document, dict) and document else None
    except (ValueError, RecursionError):
        return None


def _flat(
    document: dict[str, Any], isTyped: Callable[[str], bool], depth: int = 0
) -> dict[str, object]:
    """
    @raise ValueError: for what can't be set.
    """
    found: dict[str, object] = {}
    for key, value in document.items():
        if not re.fullmatch(r"[\w-]+", key) or depth > maxDepth:
            raise ValueError(key)
        if isinstance(value, dict) and value:
            inner = _flat(value, isTyped, depth + 1)
            found |= {f"{key}.{name}": one for name, one in inner.items()}
        elif isinstance(value, list):
            found[key] = [_leaf(one, isTyped) for one in value]
        else:
            found[key] = _leaf(value, isTyped)
        if len(found) > maxKeys:
            raise ValueError(key)
    return found


def _leaf(value: object, isTyped: Callable[[str], bool]) -> object:
    """
    @raise ValueError: for what can't be set.
    """
    if isinstance(value, bool | int | float):
        return value
    if not isinstance(value, str):
        raise ValueError(value)
    isBare = value.endswith(_mark * 2)
    pieces = (value[:-1] if isBare else value).split(_mark)
    text = Text.of(*(Ref(one) if at % 2 else one for at, one in enumerate(pieces)))
    if not isBare and text.only is not None and isTyped(text.only):
        # Exactly one value would lose its quotes.
        raise ValueError(value)
    return text
