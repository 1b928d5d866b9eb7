"""
What tests of a shell script come to when nothing is run: true, false, whether an option is
set, whether a file is there, or unknown.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from attrs import frozen

from gamepanel.games.importing.declared import Condition, newestWords
from gamepanel.games.importing.shell import Literal, Simple, Word
from gamepanel.games.importing.text import Text
from gamepanel.games.importing.variables import Variables

maxWords: Final = 200
"""So many words of a test are looked at."""


@frozen
class FileThere:
    """Whether a file is there."""

    path: Text
    isThere: bool
    isDirectory: bool = False


@frozen
class All:
    """Whether several options are all as they must be."""

    conditions: tuple[Condition, ...]


@frozen
class Checked:
    """A value of which only that is known that it is right as long as an option is set."""

    name: str


Outcome = bool | Condition | FileThere | All | None
"""None is for what can't be known."""

Value = Text | Checked | None
"""Of a word; None if it is not known."""


def opposite(outcome: Outcome) -> Outcome:
    """The other way round."""
    if isinstance(outcome, bool):
        return not outcome
    if isinstance(outcome, Condition):
        return outcome.opposite
    if isinstance(outcome, FileThere):
        return FileThere(outcome.path, not outcome.isThere, outcome.isDirectory)
    return None


def both(left: Outcome, right: Outcome) -> Outcome:
    """Whether both are so."""
    if left is False or right is False:
        return False
    if isinstance(left, FileThere) or isinstance(right, FileThere):
        # Of an empty directory only that is known that nothing is there.
        file, other = (left, right) if isinstance(left, FileThere) else (right, left)
        assert isinstance(file, FileThere)
        if file.isThere:
            return False if other is not True else file
        return file if other in (True, None) or isinstance(other, FileThere) else other
    if left is True:
        return right
    if right is True or left == right:
        return left
    conditions = [
        part
        for one in (left, right)
        for part in (
            (one,) if isinstance(one, Condition) else one.conditions if isinstance(one, All) else ()
        )
    ]
    if left is None or right is None:
        # What can't be known is mostly whether something worked.
        return right if left is None else left
    if any(part.opposite in conditions for part in conditions):
        return False
    return All(tuple(dict.fromkeys(conditions)))


def either(left: Outcome, right: Outcome) -> Outcome:
    """Whether one of both is so."""
    if left is True or right is True:
        return True
    if left is False:
        return right
    if right is False or left == right:
        return left
    for file, other in ((left, right), (right, left)):
        if isinstance(file, FileThere):
            return file if not file.isThere else other
    if left is None or right is None:
        return right if left is None else left
    if isinstance(left, Condition) and isinstance(right, Condition) and left.opposite == right:
        return True
    return None


_machine: Final = {"machine": "x86_64", "arch": "x64", "arch_alt": "amd64"}
"""What is said of the machine, where it matters which it is: most servers are made for this."""


class Test:
    """
    One test: what stands between C{[} and C{]}.
    """

    def __init__(
        self,
        variables: Variables,
        settled: Callable[[str], bool],
        expand: Callable[[Word], Value],
    ) -> None:
        """
        @param settled: whether a name is a variable of an install step, which has a value.
        @param expand: what a word stands for.
        """
        self._variables = variables
        self._settled = settled
        self._expand = expand
        self._words: Sequence[Word] = ()
        self._at = 0

    def command(self, command: Simple) -> Outcome:
        """What a command C{[}, C{[[} or C{test} comes to."""
        words = command.words[1:]
        if words and words[-1].source in ("]", "]]"):
            words = words[:-1]
        elif command.words[0].source != "test":
            # A mistake, with which it is never true.
            return False
        if len(words) > maxWords:
            return None
        self._words, self._at = words, 0
        found = self._or()
        return found if self._at == len(words) else None

    def _next(self) -> str | None:
        return self._words[self._at].source if self._at < len(self._words) else None

    def _or(self) -> Outcome:
        found = self._and()
        while self._next() in ("||", "-o"):
            self._at += 1
            found = either(found, self._and())
        return found

    def _and(self) -> Outcome:
        found = self._not()
        while self._next() in ("&&", "-a"):
            self._at += 1
            found = both(found, self._not())
        return found

    def _not(self) -> Outcome:
        negated = False
        while self._next() == "!":
            self._at += 1
            negated = not negated
        if self._next() == "(":
            self._at += 1
            found = self._or()
            self._at += 1
        else:
            found = self._primary()
        return opposite(found) if negated else found

    def _primary(self) -> Outcome:
        word = self._next()
        if word is None:
            return False
        left = len(self._words) - self._at
        if re.fullmatch(r"-[a-zA-Z]", word) and left > 1 and word not in ("-a", "-o"):
            self._at += 2
            return self._unary(word[1], self._words[self._at - 1])
        operator = self._words[self._at + 1].source if left > 2 else ""
        if operator in _comparisons:
            self._at += 3
            return self._compare(self._words[self._at - 3], operator, self._words[self._at - 1])
        self._at += 1
        return self._filled(self._expand(self._words[self._at - 1]))

    def _unary(self, operator: str, word: Word) -> Outcome:
        value = self._expand(word)
        if operator in "nz":
            found = self._filled(value)
            return found if operator == "n" else opposite(found)
        if operator in "fesrxdLh":
            return FileThere(value, True, operator == "d") if isinstance(value, Text) else None
        return None

    def _filled(self, value: Value) -> Outcome:
        if isinstance(value, Checked):
            return self._variables.checked(value.name)
        if value is None:
            return None
        name = value.only
        if name is None:
            return bool(value.pieces)
        if self._settled(name):
            return True
        variable = self._variables.named(name)
        return True if variable is None else self._variables.isSet(variable.env)

    def _compare(self, left: Word, operator: str, right: Word) -> Outcome:
        one, other = self._expand(left), self._expand(right)
        negated = operator in ("!=", "-ne")
        if operator == "=~":
            return self._matches(one, right)
        if operator in ("-gt", "-lt", "-ge", "-le", "<", ">"):
            return None
        if isinstance(one, Checked) or isinstance(other, Checked):
            found = self._checked(one, other)
        elif one is None or other is None:
            return None
        elif _isPattern(right) and operator in ("==", "=", "!="):
            found = self._pattern(one, other)
        else:
            found = self._equal(one, other)
        return opposite(found) if negated else found

    def _matches(self, one: Value, pattern: Word) -> Outcome:
        """A regular expression: what most people leave as it is decides."""
        if not isinstance(one, Text):
            return None
        variable = self._variables.named(one.only) if one.only is not None else None
        text = one.plain if variable is None else variable.default
        if text is None:
            return None
        if variable is not None and text in ("", *newestWords):
            # New versions are what such tests are for.
            return True
        try:
            return re.search(pattern.source, text) is not None
        except re.error:
            return None

    def _checked(self, one: Value, other: Value) -> Outcome:
        checked, value = (one, other) if isinstance(one, Checked) else (other, one)
        assert isinstance(checked, Checked)
        isThere = self._variables.checked(checked.name)
        if not isinstance(value, Text):
            return None
        if value.names == {checked.name} or value.plain in ("true", "1"):
            return isThere
        return isThere.opposite if value.plain in ("", "null", "false") else None

    def _equal(self, one: Text, other: Text) -> Outcome:
        if one == other:
            return True
        if one.plain is not None and other.plain is not None:
            return _sameNumber(one.plain, other.plain)
        if one.plain is not None:
            one, other = other, one
        name, value = one.only, other.plain
        if name is None or value is None:
            return None
        if self._settled(name):
            return False if value in ("", "null") else None
        # Else it is an option.
        if name in _machine:
            self._variables.usage.machine = True
            return value == _machine[name]
        variable = self._variables.named(name)
        return None if variable is None else self._variables.equals(variable.env, value)

    def _pattern(self, one: Text, pattern: Text) -> Outcome:
        """A comparison with a text in which * stands for anything."""
        text = one.plain
        if one.only is not None and (variable := self._variables.named(one.only)) is not None:
            # What most people leave as it is.
            text = variable.default
        if text is None or pattern.plain is None:
            return None
        expression = re.escape(pattern.plain).replace(r"\*", ".*").replace(r"\?", ".")
        return re.fullmatch(expression, text, re.DOTALL) is not None


def _sameNumber(one: str, other: str) -> bool:
    if re.fullmatch(r"\d{1,9}", one) and re.fullmatch(r"\d{1,9}", other):
        return int(one) == int(other)
    return one == other


def _isPattern(word: Word) -> bool:
    return any(
        isinstance(part, Literal) and not part.quoted and "*" in part.text for part in word.parts
    )


_comparisons: Final = frozenset(
    ("=", "==", "!=", "=~", "-eq", "-ne", "-gt", "-lt", "-ge", "-le", "<", ">")
)
