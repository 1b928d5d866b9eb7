"""
What words of an install script stand for.
"""

import re
from typing import Final

from gamepanel.games.importing.documents import Document, withoutV
from gamepanel.games.importing.printing import Printing
from gamepanel.games.importing.shell import (
    Literal,
    Parameter,
    Substitution,
    Word,
)
from gamepanel.games.importing.shellparser import parse
from gamepanel.games.importing.state import State, Value
from gamepanel.games.importing.text import Ref, Text

_constants: Final = {"?": "0", "PWD": "", "BASH_VERSION": "5", "USER": "container", "#": "0"}


class Expansion(Printing):
    """
    Finds what words stand for.
    """

    def value(self, word: Word) -> Value:
        """What a word stands for; None if that is not known."""
        if len(word.parts) == 1:
            return self._part(word.parts[0])
        parts: list[Text] = []
        for part in word.parts:
            value = self._part(part)
            if isinstance(value, Document):
                name = self._nameOf(part)
                value = self._state.assign(name, value, word.source)
                if isinstance(part, Parameter) and value is not None:
                    self._state.values[part.name] = value
            if not isinstance(value, Text):
                return None
            parts.append(value)
        return Text.of(*parts)

    def _nameOf(self, part: object) -> str:
        if isinstance(part, Parameter):
            return self._state.nameFor(part.name)
        return self._state.variables.freeName("value")

    def _part(self, part: Literal | Parameter | Substitution) -> Value:
        if isinstance(part, Literal):
            return Text.of(part.text)
        if isinstance(part, Parameter):
            return self._parameter(part)
        return self.printed(part.script)

    def _parameter(self, part: Parameter) -> Value:
        value = self._plainParameter(part.name)
        if not part.operation:
            return value
        if part.name == "((":
            return None
        if isinstance(value, Document):
            value = self._state.assign(self._nameOf(part), value, part.name)
            if value is not None:
                self._state.values[part.name] = value
        if not isinstance(value, Text):
            return None
        return self._operated(part, value)

    def _plainParameter(self, name: str) -> Value:
        state = self._state
        state.environment.add(name)
        if name in state.values:
            return state.values[name]
        found = state.variables.text(name)
        if found is not None:
            return found
        if name in _constants:
            return Text.of(_constants[name])
        # What is not set is empty.
        return None if name in ("((", "!", "RANDOM", "") else Text()

    def _operated(self, part: Parameter, value: Text) -> Value:
        operation = part.operation
        default = re.fullmatch(r":?[-=](.*)", operation, re.DOTALL)
        if default is not None:
            return self._defaulted(part, value, default[1])
        if operation.startswith((":+", "+")):
            return None
        if operation in ("##*/", "##*\\/"):
            return Text.of(self._state.fileName(value)) if not value.names else self._tail(value)
        plain = value.plain
        if plain is None:
            return _shortened(self._state, part, value)
        return _trimmed(plain, operation)

    def _defaulted(self, part: Parameter, value: Text, default: str) -> Value:
        if not value:
            return self._parsed(default)
        name = value.only
        variable = self._state.variables.named(name) if name is not None else None
        if name is None or name in self._state.settled or variable is None:
            return value
        isSet = self._state.variables.isSet(variable.env)
        if isinstance(isSet, bool):
            return value if isSet else self._parsed(default)
        other = self._parsed(default)
        if not isinstance(other, Text) or isSet is None or not other:
            return value
        before = self._state.guards
        self._state.guards = self._state.guard(isSet.opposite)
        made = self._state.assign(name, other, f"${{{part.name}{part.operation}}}")
        self._state.guards = before
        if made is not None:
            self._state.values[part.name] = made
        return made or value

    def _parsed(self, text: str) -> Value:
        first = next(iter(parse(f"x {text}").simple()), None)
        if first is None or len(first.words) < 2:
            return Text()
        return self.value(first.words[1])


def _shortened(state: State, part: Parameter, value: Text) -> Value:
    """What is left of a value that is known only when a step is done."""
    operation = part.operation
    name = value.only
    variable = state.variables.named(name) if name is not None else None
    if operation == "^^" and variable is not None and name not in state.settled:
        # Its choices may be in capitals anyway.
        choices = variable.rules.choices or ()
        return value if choices and all(one == one.upper() for one in choices) else None
    pattern = _shortening(operation)
    if pattern is None:
        return None
    made = state.variables.freeName(f"{part.name.lower()}_short")
    if not state.emit({"match": {made: [state.use(value), pattern]}}, part.name):
        return None
    state.settled.add(made)
    return Text.of(Ref(made))


def _shortening(operation: str) -> str | None:
    """A regular expression for what an operation leaves."""
    if operation in ("#v", "/v/", "##v", "/#v/", "#'v'", '#"v"'):
        return withoutV
    start = re.fullmatch(r":([1-9])", operation)
    if start is not None:
        return f"^{'.' * int(start[1])}(.*)$"
    match = re.fullmatch(r"(%%?|##?)(\*?)([-_.+/@])(\*?)", operation)
    if match is None or (match[2] == "*") is not (match[1][0] == "#") or match[2] == match[4]:
        return None
    other = f"[^{re.escape(match[3])}]*"
    return {
        "%%": f"^({other})",
        "%": f"^(.*?)(?:{re.escape(match[3])}{other})?$",
        "#": f"^(?:{other}{re.escape(match[3])})?(.*)$",
        "##": f"({other})$",
    }[match[1]]


def _trimmed(plain: str, operation: str) -> Value:
    """What C{${NAME#...}} and its kin make of a known text."""
    match = re.fullmatch(r"(##?|%%?)(.*)", operation, re.DOTALL)
    if match is not None:
        wanted = re.escape(match[2].strip("\"'")).replace(r"\*", ".*").replace(r"\?", ".")
        spans = range(len(plain) + 1)
        fromStart = match[1][0] == "#"
        fitting = [
            n for n in spans if re.fullmatch(wanted, plain[:n] if fromStart else plain[n:], re.S)
        ]
        if not fitting:
            return Text.of(plain)
        isLong = len(match[1]) == 2
        at = max(fitting) if fromStart == isLong else min(fitting)
        return Text.of(plain[at:] if fromStart else plain[:at])
    match = re.fullmatch(r"//?([^/]+)/(.*)", operation, re.DOTALL)
    if match is not None and not re.search(r"[*?\[]", match[1]):
        count = -1 if operation.startswith("//") else 1
        return Text.of(plain.replace(match[1].replace("\\", ""), match[2], count))
    if operation in (",,", "^^"):
        return Text.of(plain.lower() if operation == ",," else plain.upper())
    return None
