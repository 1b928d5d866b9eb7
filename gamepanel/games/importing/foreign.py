"""Reads what others have written: JSON and YAML, as plain data, within bounds."""

import json
import re
from typing import Any, Final

maxBytes: Final = 2 * 1024 * 1024
"""A file is never as large."""

maxNodes: Final = 20_000
"""So many values a file may hold."""

maxDepth: Final = 32
"""How deeply they may be nested."""

_plainTags: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")
)


_LAST: Final = re.compile(r'("(?:[^"\\]|\\(?:.|\Z))*+(?:"|\Z))|,(?=\s*+[\]}])', re.DOTALL)
"""A text; or a comma behind the last value, which people forget."""


class Unreadable(Exception):
    """A file that is not read; the text says why."""


def read(data: bytes) -> dict[str, Any]:
    """
    The object that a file holds.

    @raise Unreadable: when it holds none, or costs too much to read.
    """
    if len(data) > maxBytes:
        raise Unreadable(f"it has more than {maxBytes // 1024} KiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    if "\0" in text:
        raise Unreadable("it holds a NUL")
    found = _json(text) if text.lstrip()[:1] in ("{", "[") else _yaml(text)
    _checkSize(found)
    if not isinstance(found, dict):
        raise Unreadable("it holds no object")
    return found


def inner(text: object) -> Any:
    """
    JSON that stands in a text, as eggs have it; an object stands for itself.

    @raise Unreadable: when it is none.
    """
    if not isinstance(text, str):
        return text if text is not None else {}
    if not text.strip():
        return {}
    found = _json(text)
    _checkSize(found)
    return found


def fields(value: object) -> dict[str, Any]:
    """An object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """A list, or an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def plain(value: object) -> str:
    """A number, a text or whether something is so, as a text; nothing for null."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        for name, value in pairs:
            if found[name] != value:
                raise Unreadable(f"the name {name[:80]!r} is there twice in one object")
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, strict=False)
    except json.JSONDecodeError as error:
        plain = _LAST.sub(lambda match: match[1] or "", text)
        if plain != text:
            return _json(plain)
        raise Unreadable(f"no JSON: {error.msg} in line {error.lineno}") from error
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    except ValueError as error:
        # Numbers with thousands of digits.
        raise Unreadable("no JSON: a number is too long") from error


def _yaml(text: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML(typ="safe", pure=True)
    try:
        _checkEvents(yaml, text)
        return yaml.load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 1}"
        reason = getattr(error, "problem", None) or type(error).__name__
        raise Unreadable(f"no YAML: {str(reason)[:200]}{where}") from error
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    except ValueError as error:
        raise Unreadable("no YAML: a value can't be read") from error


def _checkEvents(yaml: Any, text: str) -> None:
    """
    Before anything is built: no alias, which could make a short file endless, no tag that
    asks for more than plain data, and not too much.
    """
    from ruamel.yaml import events

    depth = 0
    for count, event in enumerate(yaml.parse(text), 1):
        if count > 2 * maxNodes:
            raise Unreadable(f"it holds more than {maxNodes} values")
        if isinstance(event, events.AliasEvent):
            raise Unreadable("it holds an alias (*), which is not read")
        if isinstance(event, events.NodeEvent):
            tag = getattr(event, "tag", None)
            if tag is not None and str(tag) not in _plainTags:
                raise Unreadable(f"it holds the tag {str(tag)[:80]}, which is not read")
        if isinstance(event, events.CollectionStartEvent):
            depth += 1
        elif isinstance(event, events.CollectionEndEvent):
            depth -= 1
        if depth > maxDepth:
            raise Unreadable("it is nested too deeply")


def _checkSize(tree: Any) -> None:
    waiting = [(tree, 0)]
    count = 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if count > maxNodes:
            raise Unreadable(f"it holds more than {maxNodes} values")
        if depth > maxDepth:
            raise Unreadable("it is nested too deeply")
        if isinstance(value, dict):
            waiting += [(part, depth + 1) for part in value.values()]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]
