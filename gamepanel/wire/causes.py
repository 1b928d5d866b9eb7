"""
What sentences for people say, as data: the code and the values of each. The English texts stand
beside the codes in C{causes.json}.

A code is as stable as those of L{gamepanel.wire.codes}, and finer: pages in other languages have
a text of their own for each (C{panel/texts/de/causes.js}).
"""

import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from gamepanel.wire.codes import ProblemCode
from gamepanel.wire.message import Answer

MiB: Final = 1024 * 1024


Sentence = str | tuple[str, ...]
"""A text of a cause, or several of which some have more values than others."""


class Cause(Answer, frozen=True):
    """
    What a sentence says, as data: for who speaks another language.

    @ivar code: what has happened, finer than the code of a refusal, and as stable.
    @ivar values: the values in the sentence; depend on the code.
    """

    code: str
    values: dict[str, Any]

    def __str__(self) -> str:
        """The English sentence."""
        return _english(self.code, self.values)


def because(code: str, /, **values: Any) -> Cause:
    """
    A cause of L{sentences}.

    @param values: those that its sentence names: texts, numbers, lists of them, other causes; None
        where there is none.
    """
    return Cause(code=code, values=values)


class Caused(Exception):
    """
    Something can't be done.

    @ivar cause: why.
    """

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        super().__init__(cause)


def duration(seconds: float) -> str:
    """A span of time as people say it."""
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            count = int(seconds // length)
            return f"{count} {unit}" + ("s" if count > 1 else "")
    return f"{seconds:g} seconds"


quoteMark: Final = "| "
"""Stands before each quoted line of a game, so that nobody takes it for ours."""

_formats: Final[Mapping[str, Callable[[Any], str]]] = {
    "MiB": lambda size: f"{size / MiB:.0f} MiB",
    "duration": duration,
    "KiB": lambda size: f"{size // 1024} KiB",
    "families": lambda words: " or ".join(word.replace("ip", "IP") for word in words),
    "list": lambda items: ", ".join(map(str, items)),
    "phrase": lambda sentence: str(sentence).removesuffix("."),
    "protocols": lambda words: " and ".join(word.upper() for word in words),
    "quote": lambda lines: "".join(f"\n{quoteMark}{line}" for line in lines),
    "times": lambda count: "once" if count == 1 else f"{count} times",
}
"""How values stand in a sentence, besides as Python formats them."""


class _Formatter(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, dict):
            # A cause within another, as JSON has it.
            value = Cause(**value)
        if format_spec in _formats:
            return _formats[format_spec](value)
        return format(value, format_spec)


_format: Final = _Formatter().vformat


def namesIn(sentence: str) -> frozenset[str]:
    """The names of the values in a sentence."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(sentence) if name)


def _english(code: str, values: Mapping[str, Any]) -> str:
    """A code that is not known here, of a newer daemon, is its own text."""
    sentence = sentences.get(code, code)
    if not isinstance(sentence, str):
        given = {name for name, value in values.items() if value is not None}
        sentence = next(each for each in sentence if namesIn(each) <= given)
    return _format(sentence, (), values)


class _Table(Struct, frozen=True):
    fields: dict[ProblemCode, dict[str, Sentence]]
    sentences: dict[str, dict[str, Sentence]]


_table: Final = msgspec.json.decode(
    (Path(__file__).parent / "causes.json").read_bytes(), type=_Table
)

problemCodes: Final[Mapping[str, ProblemCode]] = {
    cause: code for code, causes in _table.fields.items() for cause in causes
}
"""The coarse code of each cause that is about a field."""

sentences: Final[Mapping[str, Sentence]] = {
    cause: sentence
    for causes in (*_table.fields.values(), *_table.sentences.values())
    for cause, sentence in causes.items()
}
"""
The English text of each cause: those of fields by their coarse codes, all others by what they are
about. Of several, it is the first whose values are all there.
"""
