"""
Conditions of PufferPanel's templates: of CEL, what they use of it.
"""

import re
from collections.abc import Callable
from typing import Final

from attrs import frozen

from gamepanel.games.importing.conditions import FileThere, Outcome, both, either, opposite
from gamepanel.games.importing.text import Text
from gamepanel.games.importing.variables import Variables

maxTokens: Final = 300
"""Of a longer condition nothing is known."""

maxDepth: Final = 20
"""So many brackets and negations may stand in each other."""

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<operator>\|\||&&|[=!<>]=|[!<>()\[\],.+])"
    r"|'(?P<single>(?:[^'\\]|\\.)*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\""
    r"|(?P<number>-?\d+(?:\.\d+)?)(?![\w-])|(?P<name>\w[\w:-]*))"
)

_fixed: Final = {
    "env": ("host", "standard", "tty", "standart"),
    "os": ("linux",),
    "core:os": ("linux",),
    "arch": ("amd64", "x86_64"),
    "core:arch": ("amd64", "x86_64"),
    "success": ("true",),
}
"""What conditions of templates know of the host; the first is what it is called now."""

_comparisons: Final = frozenset(("==", "!=", "<", ">", "<=", ">=", "in"))


class _Unread(Exception):
    """This is more than what templates use."""


@frozen
class _Name:
    name: str


_Value = _Name | Text | Outcome
"""A variable; a text; what a part of the condition comes to."""


def outcomeOf(condition: object, variables: Variables, named: Callable[[str], Text]) -> Outcome:
    """
    What a condition comes to.

    @param named: the text that a name stands for; empty if there is no such name.
    """
    if not isinstance(condition, str) or not condition.strip():
        return True
    try:
        return _Reader(_tokens(condition), variables, named).whole()
    except _Unread:
        return None


def _tokens(condition: str) -> list[tuple[str, str]]:
    """
    Its tokens: of which kind, and what.

    @raise _Unread: for a character that belongs to none.
    """
    found: list[tuple[str, str]] = []
    text, at = condition.strip(), 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(found) >= maxTokens:
            raise _Unread
        kind = str(match.lastgroup)
        value = match[kind]
        if kind in ("single", "double"):
            kind, value = "text", re.sub(r"\\(.)", r"\1", value)
        found.append((kind, value))
        at = match.end()
    return found


class _Reader:
    """
    Goes through the tokens of a condition. Each method begins at the next token and ends
    behind what it has read.
    """

    def __init__(
        self,
        tokens: list[tuple[str, str]],
        variables: Variables,
        named: Callable[[str], Text],
    ) -> None:
        self._tokens = tokens
        self._variables = variables
        self._named = named
        self._at = 0
        self._depth = 0

    def whole(self) -> Outcome:
        """
        What it comes to.

        @raise _Unread: if that can't be told.
        """
        found = self._truth(self._or())
        if self._at < len(self._tokens):
            raise _Unread
        return found

    def _is(self, operator: str) -> bool:
        """Whether the next token is an operator; then it is read."""
        token = ("name" if operator == "in" else "operator", operator)
        isNext = self._at < len(self._tokens) and self._tokens[self._at] == token
        self._at += isNext
        return isNext

    def _need(self, operator: str) -> None:
        if not self._is(operator):
            raise _Unread

    def _or(self) -> _Value:
        found = self._and()
        while self._is("||"):
            found = either(self._truth(found), self._truth(self._and()))
        return found

    def _and(self) -> _Value:
        found = self._comparison()
        while self._is("&&"):
            found = both(self._truth(found), self._truth(self._comparison()))
        return found

    def _comparison(self) -> _Value:
        left = self._sum()
        for operator in _comparisons:
            if self._is(operator):
                if operator == "in":
                    return self._among(left)
                return self._compared(left, operator, self._sum())
        return left

    def _sum(self) -> _Value:
        found = self._unary()
        while self._is("+"):
            found = Text.of(self._text(found), self._text(self._unary()))
        return found

    def _unary(self) -> _Value:
        if self._depth >= maxDepth:
            raise _Unread
        self._depth += 1
        if self._is("!"):
            found: _Value = opposite(self._truth(self._unary()))
        else:
            found = self._primary()
            while self._is("."):
                found = self._method(found)
        self._depth -= 1
        return found

    def _primary(self) -> _Value:
        if self._is("("):
            found = self._or()
            self._need(")")
            return found
        if self._at >= len(self._tokens):
            raise _Unread
        kind, value = self._tokens[self._at]
        self._at += 1
        if kind in ("text", "number"):
            return Text.of(value)
        if kind != "name":
            raise _Unread
        if self._is("("):
            argument = self._or()
            self._need(")")
            return self._called(value, argument)
        return value == "true" if value in ("true", "false") else _Name(value)

    def _called(self, name: str, argument: _Value) -> _Value:
        if name == "file_exists":
            return FileThere(self._text(argument), True)
        if name in ("size", "has") and isinstance(argument, _Name):
            return self._filled(argument.name)
        if name in ("string", "int", "bool", "double"):
            return argument
        raise _Unread

    def _method(self, of: _Value) -> _Value:
        name = self._tokens[self._at][1] if self._at < len(self._tokens) else ""
        self._at += 1
        self._need("(")
        if name == "size" and isinstance(of, _Name):
            self._need(")")
            return self._filled(of.name)
        raise _Unread

    def _among(self, left: _Value) -> Outcome:
        self._need("[")
        found: Outcome = False
        while not self._is("]"):
            found = either(found, self._equal(left, self._sum()))
            self._is(",")
        return found

    def _compared(self, left: _Value, operator: str, right: _Value) -> Outcome:
        if operator == "==":
            return self._equal(left, right)
        if operator == "!=":
            return opposite(self._equal(left, right))
        if isinstance(right, Text) and right.plain == "0" and not isinstance(left, _Name | Text):
            # How long a text is.
            return left if operator == ">" else opposite(left) if operator == "<=" else None
        return None

    def _equal(self, left: _Value, right: _Value) -> Outcome:
        if isinstance(right, _Name) and not isinstance(left, _Name):
            left, right = right, left
        if not isinstance(left, _Name):
            if isinstance(left, Text) and isinstance(right, Text):
                known = left.plain is not None and right.plain is not None
                return left.plain == right.plain if known else None
            isLength = isinstance(right, Text) and right.plain == "0"
            return opposite(self._truth(left)) if isLength else None
        if isinstance(right, bool):
            right = Text.of(str(right).lower())
        value = right.plain if isinstance(right, Text) else None
        if isinstance(right, _Name) and not self._isKnown(right.name):
            # Some forget the quotes.
            value = right.name
        if value is None:
            return None
        if left.name in _fixed:
            return value in _fixed[left.name]
        return self._variables.equals(left.name, value)

    def _isKnown(self, name: str) -> bool:
        return name in _fixed or bool(self._named(name))

    def _filled(self, name: str) -> Outcome:
        return self._variables.isSet(name)

    def _truth(self, value: _Value) -> Outcome:
        if isinstance(value, _Name):
            if value.name in _fixed:
                return "true" in _fixed[value.name]
            return self._variables.equals(value.name, "true")
        return None if isinstance(value, Text) else value

    def _text(self, value: _Value) -> Text:
        if isinstance(value, _Name):
            return self._named(value.name)
        if not isinstance(value, Text):
            raise _Unread
        return value
