"""
Texts, paths and commands of PufferPanel's templates.
"""

import re
import shlex
from typing import Final

from gamepanel.games.importing import pufferconditions
from gamepanel.games.importing.conditions import Outcome
from gamepanel.games.importing.state import State
from gamepanel.games.importing.text import Ref, Text
from gamepanel.games.importing.variables import Variables

_PLACEHOLDER: Final = re.compile(
    r"\$\{\s*([\w.-]+)\s*\}|\{\{\s*\.Data\.([\w-]+)[^{}]*\}\}|\{\{\s*\.([\w]+)\s*\}\}"
)

_RUNTIME: Final = re.compile(
    r"(?P<before>^|[\s;&|('\"])(?:\$\{java\}|(?P<name>java|node|npm)(?P<version>\d{1,2}|\$\{[\w-]+\})?)"
    r"(?=\s)"
)
"""A program of C{javadl} or C{nodejsdl}, whose version is a part of its name."""

_QUOTED: Final = re.compile(r"'([^'\"`\\]*\$\{[^'\"`\\]*)'")

_known: Final = {
    "rootdir": "directory",
    "uuid": "server",
    "serverid": "server",
    "id": "server",
}
"""What templates call the directory and the server, in small letters."""


class Texts:
    """
    What texts and conditions of templates stand for.

    @ivar flags: arguments that are in the start command if a variable is true, and if it is not.
    @ivar runtime: the version of Java that a command names; empty where it names none.
    """

    def __init__(self, state: State, variables: Variables) -> None:
        self._state = state
        self._variables = variables
        self.runtime: Text | None = None
        self.flags: dict[str, tuple[str, str]] = {}

    def text(self, given: object) -> Text:
        """A text in which C{${NAME}} stands for values."""
        parts: list[str | Text] = []
        source, at = given if isinstance(given, str) else str(given or ""), 0
        for match in _PLACEHOLDER.finditer(source):
            parts.append(source[at : match.start()])
            parts.append(self._value(match[1] or match[2] or match[3]))
            at = match.end()
        return Text.of(*parts, source[at:])

    def named(self, name: str) -> Text:
        """What a name stands for; empty if there is no such name."""
        value = self._state.values.get(name)
        if isinstance(value, Text):
            return value
        found = self._variables.text(name)
        if found is not None:
            return found
        known = _known.get(name.lower())
        alike = [one.env for one in self._variables if one.env.lower() == name.lower()]
        if known is None and len(alike) == 1:
            # Only how it is written differs.
            return self._variables.text(alike[0]) or Text()
        return Text() if known is None else Text.of(Ref(known))

    def _value(self, name: str) -> Text:
        """The same where it stands in a text."""
        found = self.named(name)
        if not found and self._variables.find(name) is None and name not in self._state.values:
            self._state.notes.leave("options", f"${{{name}}}", "there is no such variable", False)
        return found

    def path(self, given: object) -> str:
        """The path of a file; all are in the server's directory."""
        text = given if isinstance(given, Text) else self.text(given)
        if text.head.startswith("/"):
            text = Text.of(text.head.lstrip("/"), *text.pieces[1:])
        path = self._state.path(text) or "."
        self._state.useExpression(path)
        return path

    def shell(self, text: str) -> str:
        """A command whose placeholders are parameters of a shell."""

        def program(match: re.Match[str]) -> str:
            name = match["name"] or "java"
            if name == "java" and self.runtime is None:
                self.runtime = self.text(match["version"] or "")
            return f"{match['before']}{name}"

        def parameter(match: re.Match[str]) -> str:
            given = match[1] or match[2] or match[3]
            if given in self.flags:
                there, away = self.flags[given]
                space = " " if there.endswith(" ") else ""
                other = f"|| echo {away.strip()} " if away else ""
                test = f'[ "${{{given}}}" == "true" ]'
                return f"$( {test} && echo {there.strip()} {other}){space}"
            value = self._value(given)
            if value.plain == "*":
                # What is there.
                return "*"
            if value.only is None:
                return shlex.quote(value.plain or "") if value.plain else ""
            env = f"V_{value.only}"
            self._state.values[env] = value
            return f"${{{env}}}"

        # Values are put in before quotes are looked at.
        text = _QUOTED.sub(r'"\1"', _RUNTIME.sub(program, text))
        return _PLACEHOLDER.sub(parameter, text)

    def condition(self, given: object) -> Outcome:
        """What a condition of a template comes to."""
        return pufferconditions.outcomeOf(given, self._variables, self.named)
