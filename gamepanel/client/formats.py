"""
C{--format}: of an answer what a template asks for, a line for each thing in it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import click

from gamepanel.client.terminal import clean

_FIELD: Final = re.compile(r"\{([A-Za-z][\w.]*)\}")
_ESCAPES: Final = {r"\t": "\t", r"\n": "\n", r"\\": "\\"}


def things(answer: Any) -> list[dict[str, Any]]:
    """The things in an answer: those of the one list that it is about, or itself."""
    found = answer if isinstance(answer, list | tuple) else _onlyList(answer)
    return [each for each in found if isinstance(each, dict)]


def _onlyList(answer: dict[str, Any]) -> Sequence[Any]:
    lists = [
        value
        for name, value in answer.items()
        if isinstance(value, list | tuple) and all(isinstance(each, dict) for each in value)
    ]
    isAboutOne = "server" in answer or "job" in answer or len(lists) == 0
    return [answer] if isAboutOne else lists[0]


def lines(template: str, answer: Any) -> Iterator[str]:
    """
    A line for each thing in an answer.

    @param answer: as JSON has it.

    @raise UsageError: when the template asks for what is not there.
    """
    return (_filled(_unescaped(template), thing) + "\n" for thing in things(answer))


def _filled(template: str, thing: dict[str, Any]) -> str:
    return _FIELD.sub(lambda match: _text(_value(thing, match[1])), template)


def _unescaped(template: str) -> str:
    return re.sub(r"\\[tn\\]", lambda match: _ESCAPES[match[0]], template)


def _value(thing: dict[str, Any], path: str) -> Any:
    found: Any = thing
    for name in path.split("."):
        if found is None:
            return None
        if not isinstance(found, dict) or name not in found:
            there = ", ".join(found if isinstance(found, dict) else thing)
            raise click.UsageError(f"--format: there is no {path}; there are {clean(there)}")
        found = found[name]
    return found


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list() | tuple() if all(isinstance(each, str) for each in value):
            return ",".join(map(clean, value))
        case dict() | list() | tuple():
            return clean(json.dumps(value, ensure_ascii=False))
        case _:
            return clean(str(value))
