"""
Globs: which paths below a server's directory a type means. They mean the same wherever a type has
them.

C{*} and C{?} stay within one name, C{**} does not, C{**/} is any depth. All else stands for itself,
a bracket and a leading dot too, and so do all values of placeholders. A directory that fits stands
for all that is in it.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from gamepanel.games.template import Template

_MARKS: Final = {"**": "\x03", "*": "\x01", "?": "\x02"}
"""What stands for a wildcard, so that a value may hold any character: no file name has these."""

_EXPRESSIONS: Final = {"\x01": "[^/]*", "\x02": "[^/]", "\x03": ".*"}

_ANY_DEPTH: Final = "\x03"
"""The step C{**}."""


class Glob(Struct, frozen=True):
    """
    Use L{of} or L{parse} to make one.

    @ivar pattern: it, without empty steps, with the marks of its wildcards.
    """

    pattern: str

    @classmethod
    def of(cls, text: str) -> "Glob":
        """The glob that a text is."""
        return cls.parse(Template((text,)), {})

    @classmethod
    def parse(cls, template: Template, values: Mapping[str, str]) -> "Glob":
        """
        The glob that a text with placeholders is; no character of values is a wildcard.

        @param values: what the placeholders stand for.
        """
        text = "".join(
            _marked(piece) if isinstance(piece, str) else _literal(values.get(piece[0], ""))
            for piece in template.pieces
        )
        return cls("/".join(step for step in text.split("/") if step not in ("", ".")))

    def __str__(self) -> str:
        text = self.pattern
        for wildcard, mark in _MARKS.items():
            text = text.replace(mark, wildcard)
        return text

    @property
    def isLiteral(self) -> bool:
        """Whether it has no wildcard."""
        return _isLiteral(self.pattern)

    @property
    def base(self) -> str:
        """The directory that all is in what fits, as far as it is named; empty: the root."""
        *steps, _ = self.pattern.split("/")
        number = next((n for n, step in enumerate(steps) if not _isLiteral(step)), len(steps))
        return "/".join(steps[:number])

    def fits(self, path: str) -> bool:
        """
        Whether a path is meant itself.

        @param path: relative, with slashes between its names.
        """
        return _expression(self.pattern).fullmatch(path) is not None

    def covers(self, path: str) -> bool:
        """Whether a path is meant, or lies in a directory that is."""
        return _covering(self.pattern).fullmatch(path) is not None

    def mayHold(self, directory: str) -> bool:
        """Whether something in a directory may fit."""
        steps = self.pattern.split("/")
        above = steps[: directory.count("/") + 1]
        if any(_ANY_DEPTH in step for step in above):
            return True
        return len(above) < len(steps) and Glob("/".join(above)).fits(directory)


def covered(path: str, globs: Iterable[str]) -> bool:
    """Whether one of some globs covers a path, see L{Glob.covers}."""
    return any(_of(text).covers(path) for text in globs)


def mayHold(directory: str, globs: Iterable[str]) -> bool:
    """Whether something in a directory may fit one of some globs, see L{Glob.mayHold}."""
    return any(_of(text).mayHold(directory) for text in globs)


@lru_cache(maxsize=256)
def _of(text: str) -> Glob:
    return Glob.of(text)


def _marked(text: str) -> str:
    return re.sub(r"\*\*|\*|\?", lambda found: _MARKS[found[0]], _literal(text))


def _literal(text: str) -> str:
    # Such a name fits nothing.
    return re.sub("[\x01-\x03]", "\0", text)


def _isLiteral(step: str) -> bool:
    return not re.search("[\x01-\x03]", step)


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(_regex(pattern), re.DOTALL)


@lru_cache(maxsize=256)
def _covering(pattern: str) -> re.Pattern[str]:
    return re.compile(f"(?:{_regex(pattern)})(?:/.*)?", re.DOTALL)


def _regex(pattern: str) -> str:
    *steps, last = pattern.split("/")
    parts = ["(?:[^/]+/)*" if step == _ANY_DEPTH else f"{_regexOfStep(step)}/" for step in steps]
    return "".join((*parts, _regexOfStep(last)))


def _regexOfStep(step: str) -> str:
    words = re.findall("[\x01-\x03]|[^\x01-\x03]+", step)
    return "".join(_EXPRESSIONS.get(word) or re.escape(word) for word in words)
